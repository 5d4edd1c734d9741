using System.IO.Compression;

namespace Bulwark.Models.Zip;

/// <summary>The methods of compression that are read here.</summary>
internal static class Decoders
{
    /// <summary>Raw DEFLATE, as in zip.</summary>
    public static Stream Deflate(Stream compressed) => new DeflateStream(compressed, CompressionMode.Decompress, leaveOpen: true);

    /// <summary>DEFLATE in a zlib envelope.</summary>
    public static Stream Zlib(Stream compressed) => new ZLibStream(compressed, CompressionMode.Decompress, leaveOpen: true);

    /// <summary>DEFLATE in one or more gzip envelopes.</summary>
    public static Stream Gzip(Stream compressed) => new GZipStream(compressed, CompressionMode.Decompress, leaveOpen: true);
}
