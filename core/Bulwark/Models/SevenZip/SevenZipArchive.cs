using System.Buffers.Binary;
using System.IO.Hashing;
using Bulwark.Models.Zip;
using Bulwark.Storage;

namespace Bulwark.Models.SevenZip;

/// <summary>The files of a 7z archive.</summary>
/// <remarks>
/// <code>
/// 37 7A BC AF 27 1C | version u8 u8 | crc u32 of the next 20 bytes | header's offset from 32 u64 | its length u64 | its crc u32 | packed streams | header
/// </code>
/// </remarks>
internal sealed class SevenZipArchive
{
    private const int SignatureLength = 32;
    private const int MaxHeader = 16 << 20;
    private const int MaxPackings = 4;

    private SevenZipArchive(IObjectReader reader, IReadOnlyList<SevenZipFolder> folders, IReadOnlyList<SevenZipMember> members, long end)
    {
        Reader = reader;
        Folders = folders;
        Members = members;
        End = end;
    }

    /// <summary>The archive.</summary>
    public IObjectReader Reader { get; }

    /// <summary>The blocks of compressed data.</summary>
    public IReadOnlyList<SevenZipFolder> Folders { get; }

    /// <summary>The files.</summary>
    public IReadOnlyList<SevenZipMember> Members { get; }

    /// <summary>Offset of the first byte after the archive.</summary>
    public long End { get; }

    /// <summary>Whether a file begins as a 7z archive does.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]);

    /// <summary>Reads the header, decompressing it when it is packed.</summary>
    /// <exception cref="ModelFormatException">BW1421 to BW1426: the archive is broken, too large, or its header encrypted or packed by a method that is not read here.</exception>
    public static async Task<SevenZipArchive> ReadAsync(IObjectReader reader, InflationBudget budget, CancellationToken cancellationToken)
    {
        string file = reader.Source.ToString();
        byte[] signature = new byte[SignatureLength];
        if (reader.Source.Size < SignatureLength)
            throw ModelFormatException.Bad7z(file, "it is cut short");
        await reader.ReadAsync(0, signature, cancellationToken).ConfigureAwait(false);
        long offset = BinaryPrimitives.ReadInt64LittleEndian(signature.AsSpan(12));
        long length = BinaryPrimitives.ReadInt64LittleEndian(signature.AsSpan(20));
        if (!Looks(signature) || BinaryPrimitives.ReadUInt32LittleEndian(signature.AsSpan(8)) != Crc32.HashToUInt32(signature.AsSpan(12)))
            throw ModelFormatException.Bad7z(file, "its first header has a wrong checksum");
        if (offset < 0 || length < 0 || offset > reader.Source.Size - SignatureLength || length > reader.Source.Size - SignatureLength - offset)
            throw ModelFormatException.Bad7z(file, "its header is not in the file");
        if (length > MaxHeader)
            throw ModelFormatException.ArchiveTooLarge(file, "bytes of the header", MaxHeader);
        if (length == 0)
            return new SevenZipArchive(reader, [], [], SignatureLength);
        byte[] header = new byte[(int)length];
        await reader.ReadAsync(SignatureLength + offset, header, cancellationToken).ConfigureAwait(false);
        if (BinaryPrimitives.ReadUInt32LittleEndian(signature.AsSpan(28)) != Crc32.HashToUInt32(header))
            throw ModelFormatException.Bad7z(file, "its header has a wrong checksum");

        for (int packings = 0; ; packings++)
        {
            (bool packed, List<SevenZipFolder> folders, List<SevenZipMember> members) = Parse(file, header);
            if (!packed)
                return new SevenZipArchive(reader, folders, members, SignatureLength + offset + length);
            if (packings == MaxPackings || folders[0].Length > MaxHeader)
                throw ModelFormatException.ArchiveTooLarge(file, "bytes of the header", MaxHeader);
            if (folders[0].IsEncrypted)
                throw ModelFormatException.NotInspected(file, reader.Source.Name, "its header is encrypted");
            await using IObjectReader content = await folders[0].OpenAsync(reader, budget, cancellationToken).ConfigureAwait(false);
            header = new byte[(int)content.Source.Size];
            await content.ReadAsync(0, header, cancellationToken).ConfigureAwait(false);
        }
    }

    private static (bool Packed, List<SevenZipFolder> Folders, List<SevenZipMember> Members) Parse(string file, byte[] bytes)
    {
        var header = new SevenZipHeader(file, bytes);
        bool packed = header.Read();
        return (packed, header.Folders, header.Members);
    }
}
