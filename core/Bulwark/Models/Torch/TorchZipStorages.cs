using Bulwark.Models.Zip;

namespace Bulwark.Models.Torch;

/// <summary>Where the storages of an archive lie.</summary>
internal sealed class TorchZipStorages(ZipDirectory directory, TorchZipLayout layout)
{
    private readonly string _file = directory.Reader.Source.ToString();

    /// <summary>Checks what a pickle says of a storage against the member that holds it.</summary>
    /// <param name="storage">What it says.</param>
    /// <param name="folder">The members' names with <c>*</c> for the key.</param>
    /// <exception cref="ModelFormatException">BW1432: the member is missing or has another length.</exception>
    public void Check(TorchStorage storage, string folder)
    {
        if (storage.IsMeta)
            return;
        ZipMember member = Find(storage, folder);
        if ((Int128)storage.Count * storage.Element.Size != member.Length)
        {
            throw ModelFormatException.BadTorch(_file,
                FormattableString.Invariant($"storage {ModelFormatException.Quote(storage.Key)} has {member.Length} bytes for {storage.Count} elements of {storage.Element.Size}"));
        }
    }

    /// <summary>Offset and length of a storage in the archive; an offset of -1 when it is compressed.</summary>
    public (long Offset, long Length) Place(TorchStorage storage, string folder)
    {
        ZipMember member = Find(storage, folder);
        return (member.Method == ZipMember.Stored && !member.IsEncrypted ? member.DataOffset ?? -1 : -1, member.Length);
    }

    /// <summary>The checksums of the members that hold tensors.</summary>
    public IReadOnlyList<ChecksummedRange> Checksums(IReadOnlyList<TensorInfo> tensors)
    {
        List<ChecksummedRange> ranges = [];
        if (!directory.HasChecksums)
            return ranges;
        int next = 0;
        foreach (ZipMember member in directory.Members.Where(m => m.Method == ZipMember.Stored && m.DataOffset is not null).OrderBy(m => m.DataOffset))
        {
            long start = member.DataOffset!.Value;
            long end = start + member.CompressedLength;
            while (next < tensors.Count && (tensors[next].Offset < start || tensors[next].Length == 0))
                next++;
            if (next < tensors.Count && tensors[next].Offset < end)
                ranges.Add(new ChecksummedRange(member.Name, start, member.CompressedLength, member.ChecksumOffsets));
        }

        return ranges;
    }

    private ZipMember Find(TorchStorage storage, string folder) => layout.Find(folder.Replace("*", storage.Key, StringComparison.Ordinal))
        ?? throw ModelFormatException.BadTorch(_file, $"there is no storage {ModelFormatException.Quote(storage.Key)}");
}
