namespace Bulwark.Models.Pickle;

/// <summary>Bytes or a bytearray: where they lie, not what they are, so that array data can be mapped in place.</summary>
/// <param name="offset">Offset of the first byte in the file.</param>
/// <param name="length">Length in bytes.</param>
internal sealed class PickleBytes(long offset, long length) : PickleValue
{
    /// <summary>Offset of the first byte in the file.</summary>
    public long Offset { get; } = offset;

    /// <summary>Length in bytes.</summary>
    public long Length { get; } = length;
}
