namespace Bulwark.Models.Pickle;

/// <summary>An array whose bytes joblib wrote into the stream itself, right after its NumpyArrayWrapper.</summary>
/// <param name="wrapper">The wrapper, with shape, dtype and order in its state.</param>
/// <param name="offset">Offset of the first element in the file.</param>
/// <param name="length">Length in bytes.</param>
internal sealed class PickleArray(PickleObject wrapper, long offset, long length) : PickleValue
{
    /// <summary>The wrapper.</summary>
    public PickleObject Wrapper { get; } = wrapper;

    /// <summary>Offset of the first element in the file.</summary>
    public long Offset { get; } = offset;

    /// <summary>Length in bytes.</summary>
    public long Length { get; } = length;
}
