namespace Bulwark.Models.Pickle;

/// <summary>An entry of the copyreg extension registry of whoever loads the pickle.</summary>
/// <param name="code">The code.</param>
internal sealed class PickleExtension(long code) : PickleValue
{
    /// <summary>The code.</summary>
    public long Code { get; } = code;
}
