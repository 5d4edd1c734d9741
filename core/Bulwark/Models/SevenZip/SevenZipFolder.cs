using Bulwark.Models.Compression;
using Bulwark.Models.Zip;
using Bulwark.Storage;

namespace Bulwark.Models.SevenZip;

/// <summary>A block of compressed data: one method, or several in a row.</summary>
/// <param name="Methods">The methods' ids, in hexadecimal.</param>
/// <param name="Properties">The properties of the first method that has any.</param>
/// <param name="PackedStreams">Packed streams it reads.</param>
internal sealed record SevenZipFolder(IReadOnlyList<string> Methods, byte[] Properties, int PackedStreams)
{
    /// <summary>The filter for x86 code that some writers put before every method.</summary>
    private const string X86Branches = "03030103";

    /// <summary>Offset of the packed bytes in the file.</summary>
    public long PackedOffset { get; set; }

    /// <summary>How many there are.</summary>
    public long PackedLength { get; set; }

    /// <summary>Bytes after decompression.</summary>
    public long Length { get; set; }

    /// <summary>How many sizes the folder has, one for each method's output.</summary>
    public int Outputs { get; init; }

    /// <summary>Whether one of the methods is AES.</summary>
    public bool IsEncrypted => Methods.Contains("06F10701");

    /// <summary>Opens the decompressed bytes.</summary>
    /// <exception cref="ModelFormatException">BW1422 broken data, BW1423 a bomb, BW1424 a method that is not read here.</exception>
    public async Task<IObjectReader> OpenAsync(IObjectReader archive, InflationBudget budget, CancellationToken cancellationToken)
    {
        if (PackedStreams != 1 || PackedOffset > archive.Source.Size || PackedLength > archive.Source.Size - PackedOffset)
            throw ModelFormatException.BadCompression(archive.Source.Name, "its packed bytes are not in the file");
        bool branches = Methods.Count == 2 && Methods.Contains(X86Branches);
        string method = Methods[0] == X86Branches ? Methods[^1] : Methods[0];
        if (Methods.Count != 1 && !branches)
            throw ModelFormatException.NotInspected(archive.Source.ToString(), archive.Source.Name, $"it goes through the methods {string.Join(", ", Methods)}");
        var packed = new ReaderSection(archive, archive.Source.Name, PackedOffset, PackedLength);
        if (method == "00" && !branches)
            return PackedLength == Length ? packed : throw ModelFormatException.BadCompression(archive.Source.Name, "a stored block has two sizes");
        Inflated.Decoder decoder = method switch
        {
            "21" when Properties.Length == 1 => s => new Lzma2Stream(s, Properties[0]),
            "030101" when Properties.Length == 5 => s => new LzmaRawStream(s, Properties, Length),
            "040108" => Decoders.Deflate,
            "040202" => static s => new Bzip2Stream(s),
            _ => throw ModelFormatException.NotInspected(archive.Source.ToString(), archive.Source.Name, $"it has the method {method}"),
        };
        Inflated.Decoder whole = branches ? s => new X86BranchStream(decoder(s)) : decoder;
        return await Inflated.OpenAsync(packed, whole, budget, Length, cancellationToken).ConfigureAwait(false);
    }
}
