namespace Bulwark.Models.Pickle;

/// <summary>A persistent id: something outside the pickle, such as a PyTorch storage.</summary>
/// <param name="id">The id: for PyTorch a tuple that begins with <c>storage</c>.</param>
internal sealed class PicklePersistentId(PickleValue id) : PickleValue
{
    /// <summary>The id.</summary>
    public PickleValue Id { get; } = id;
}
