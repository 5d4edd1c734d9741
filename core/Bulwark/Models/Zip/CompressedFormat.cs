using Bulwark.Models.Compression;

namespace Bulwark.Models.Zip;

/// <summary>A format of compressed files.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Decoder">Decompresses it.</param>
/// <param name="Offset">Where the compressed bytes begin.</param>
/// <param name="IsCertain">False when other files may begin the same way by chance.</param>
internal sealed record CompressedFormat(string Name, Inflated.Decoder Decoder, int Offset, bool IsCertain)
{
    /// <summary>Bytes that are enough to tell.</summary>
    public const int HeadLength = 32;

    private const int ZfileHead = 21;

    private static readonly CompressedFormat Zlib = new("zlib", Decoders.Zlib, 0, false);
    private static readonly CompressedFormat Zfile = new("zlib", Decoders.Zlib, ZfileHead, true);
    private static readonly CompressedFormat Gzip = new("gzip", Decoders.Gzip, 0, true);
    private static readonly CompressedFormat Bzip2 = new("bzip2", static s => new Bzip2Stream(s), 0, true);
    private static readonly CompressedFormat Xz = new("xz", static s => new XzStream(s), 0, true);
    private static readonly CompressedFormat Lzma = new("lzma", static s => new LzmaAloneStream(s), 0, false);
    private static readonly CompressedFormat Lz4 = new("lz4", static s => new Lz4FrameStream(s), 0, true);

    /// <summary>Recognises a format by the first bytes of a file; null when it is none.</summary>
    public static CompressedFormat? Of(ReadOnlySpan<byte> head) => head switch
    {
        [0x1F, 0x8B, 8, ..] => Gzip,
        // joblib before 0.10: "ZF", the length in hexadecimal filled up to 19 characters, and zlib.
        [(byte)'Z', (byte)'F', (byte)'0', (byte)'x', ..] when head.Length > ZfileHead + 1 && head[ZfileHead] == 0x78 => Zfile,
        [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', 0x31 or 0x17, ..] => Bzip2,
        [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => Xz,
        // What every writer of .lzma uses: the standard properties, a window of a power of two, and a length that fits 48 bits or none.
        [0x5D, 0, 0, _, _, _, _, _, _, _, _, _, 0 or 0xFF, ..] when head[11] == head[12] => Lzma,
        [0x04, 0x22, 0x4D, 0x18, ..] => Lz4,
        [0x78, 0x01 or 0x5E or 0x9C or 0xDA, ..] => Zlib,
        _ => null,
    };
}
