namespace Bulwark.Models.Zip;

/// <summary>A member of an archive as its directory declares it, which is what PyTorch, Python and .NET go by.</summary>
internal sealed class ZipMember
{
    /// <summary>Bit 0 of the flags: encrypted.</summary>
    public const int EncryptedFlag = 1;

    /// <summary>Bit 3: sizes and checksum follow the data.</summary>
    public const int DescriptorFlag = 1 << 3;

    /// <summary>Bit 5: patch data.</summary>
    public const int PatchFlag = 1 << 5;

    /// <summary>Bit 6: strong encryption.</summary>
    public const int StrongEncryptionFlag = 1 << 6;

    /// <summary>Bit 11: the name is UTF-8.</summary>
    public const int Utf8Flag = 1 << 11;

    /// <summary>Bit 13: the header is masked.</summary>
    public const int MaskedFlag = 1 << 13;

    /// <summary>The method of members that are not compressed.</summary>
    public const int Stored = 0;

    /// <summary>The method of DEFLATE.</summary>
    public const int Deflated = 8;

    /// <summary>The name, <c>/</c>-separated by rule.</summary>
    public required string Name { get; init; }

    /// <summary>The flags.</summary>
    public required int Flags { get; init; }

    /// <summary>The compression method.</summary>
    public required int Method { get; init; }

    /// <summary>CRC-32 of the content.</summary>
    public required uint Checksum { get; init; }

    /// <summary>Bytes in the archive.</summary>
    public required long CompressedLength { get; init; }

    /// <summary>Bytes of the content.</summary>
    public required long Length { get; init; }

    /// <summary>Offset of the local header in the file.</summary>
    public required long HeaderOffset { get; init; }

    /// <summary>Offset of the directory's entry in the file.</summary>
    public required long EntryOffset { get; init; }

    /// <summary>Unix file type and mode; 0 where the archive says none.</summary>
    public required int UnixMode { get; init; }

    /// <summary>Offset of the data in the file; null when there is no local header.</summary>
    public long? DataOffset { get; set; }

    /// <summary>What the local header says, when it differs from the directory in name, method, size or flags.</summary>
    public ZipLocalView? Local { get; set; }

    /// <summary>Offset of the checksum in the data descriptor; null when there is none.</summary>
    public long? DescriptorChecksumOffset { get; set; }

    /// <summary>Whether the local header holds the checksum.</summary>
    public bool HasLocalChecksum { get; set; }

    /// <summary>Whether any of the encryption flags is set in the directory.</summary>
    public bool IsEncrypted => (Flags & (EncryptedFlag | StrongEncryptionFlag | MaskedFlag)) != 0;

    /// <summary>Whether it is a folder.</summary>
    public bool IsFolder => Name.EndsWith('/');

    /// <summary>Offsets of all copies of the checksum.</summary>
    public IReadOnlyList<long> ChecksumOffsets
    {
        get
        {
            const int InEntry = 16;
            const int InHeader = 14;
            List<long> offsets = [EntryOffset + InEntry];
            if (HasLocalChecksum)
                offsets.Add(HeaderOffset + InHeader);
            if (DescriptorChecksumOffset is { } descriptor)
                offsets.Add(descriptor);
            return offsets;
        }
    }
}
