namespace Bulwark.Models.Compression;

/// <summary>Raw LZMA2, as in 7z.</summary>
/// <param name="compressed">The chunks.</param>
/// <param name="property">The size of the window.</param>
internal sealed class Lzma2Stream(Stream compressed, int property) : DecodingStream
{
    private readonly Lzma2Decoder _decoder = new(new ByteSource(compressed), Lzma2Decoder.Dictionary(property));

    /// <inheritdoc />
    protected override int Decode(Span<byte> output) => _decoder.Decode(output);
}
