namespace Bulwark.Models.Pickle;

/// <summary>An out-of-band buffer of protocol 5, which the loader supplies.</summary>
/// <param name="index">Which one, from 0.</param>
internal sealed class PickleBuffer(long index) : PickleValue
{
    /// <summary>Which one, from 0.</summary>
    public long Index { get; } = index;
}
