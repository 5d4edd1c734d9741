using System.Buffers.Binary;
using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>Reads an archive's directory; see <see cref="ZipDirectory"/> for the layout.</summary>
internal sealed class ZipDirectoryReader(IObjectReader reader)
{
    private const int EntryLength = 46;
    private const uint Wide = uint.MaxValue;
    private const int MaxFaults = 1000;
    private const int TypeBits = 0xF000;
    private const int LinkType = 0xA000;
    private const int FileType = 0x8000;
    private const int FolderType = 0x4000;

    private readonly List<ZipFault> _faults = [];
    private readonly List<ZipMember> _members = [];
    private readonly Dictionary<string, ZipMember> _names = new(StringComparer.OrdinalIgnoreCase);
    private long _nameBytes;

    /// <summary>Reads it.</summary>
    public async Task<ZipDirectory> ReadAsync(CancellationToken cancellationToken)
    {
        ZipEnd? end = await ZipEnd.FindAsync(reader, _faults, cancellationToken).ConfigureAwait(false);
        if (end is null)
        {
            _faults.Add(new ZipFault(ZipFaultKind.NoEnd, null, null, "there is no end record"));
            return new ZipDirectory(reader, [], _faults, reader.Source.Size > 0 ? [(0, reader.Source.Size)] : []);
        }

        long directoryEnd = await ReadEntriesAsync(end, cancellationToken).ConfigureAwait(false);
        var headers = new ZipLocalHeaders(reader, _members, end.DirectoryOffset, _faults);
        List<(long Start, long End)> claimed = await headers.CheckAsync(cancellationToken).ConfigureAwait(false);
        claimed.Add((end.DirectoryOffset, directoryEnd));
        claimed.Add((end.DirectoryEnd, end.After));
        List<(long Start, long End)> unclaimed = Unclaimed(claimed);
        foreach (long other in end.Others)
        {
            if (!_members.Any(m => m.DataOffset is { } data && other >= data && other < data + m.CompressedLength))
                Fault(ZipFaultKind.SeveralEnds, null, other, "a second end record could be taken for the archive's own");
        }

        foreach (ZipMember member in _members)
            Judge(member);
        return new ZipDirectory(reader, _members, _faults, unclaimed);
    }

    private async Task<long> ReadEntriesAsync(ZipEnd end, CancellationToken cancellationToken)
    {
        var window = new DirectoryWindow(reader, end.DirectoryOffset, end.DirectoryOffset + end.DirectoryLength);
        long count = 0;
        while (window.Remaining > 0)
        {
            ReadOnlyMemory<byte> head = await window.PeekAsync(EntryLength, cancellationToken).ConfigureAwait(false);
            if (head.Length < EntryLength || !head.Span.StartsWith("PK\u0001\u0002"u8))
            {
                if (count < end.Entries || !head.Span.StartsWith("PK\u0005\u0005"u8))
                    Fault(ZipFaultKind.BadDirectory, null, window.Position, "the directory holds something that is no entry");
                break;
            }

            int name = BinaryPrimitives.ReadUInt16LittleEndian(head.Span[28..]);
            int extra = BinaryPrimitives.ReadUInt16LittleEndian(head.Span[30..]);
            int comment = BinaryPrimitives.ReadUInt16LittleEndian(head.Span[32..]);
            int whole = EntryLength + name + extra + comment;
            if (whole > window.Remaining)
            {
                Fault(ZipFaultKind.BadDirectory, null, window.Position, "the directory is cut short");
                break;
            }

            _nameBytes += name;
            if (count >= ZipDirectory.MaxMembers || _nameBytes > ZipDirectory.MaxNameBytes)
            {
                Fault(ZipFaultKind.TooMany, null, window.Position, FormattableString.Invariant($"there are more members or names than the {ZipDirectory.MaxMembers} that are followed"));
                return end.DirectoryOffset + end.DirectoryLength;
            }

            ReadOnlyMemory<byte> entry = await window.PeekAsync(whole, cancellationToken).ConfigureAwait(false);
            AddMember(entry.Span, window.Position, end.Prefix);
            window.Advance(whole);
            count++;
        }

        if (count != end.Entries)
            Fault(ZipFaultKind.EndMismatch, null, end.Offset, FormattableString.Invariant($"the end record counts {end.Entries} members, the directory has {count}"));
        return window.Position;
    }

    private void AddMember(ReadOnlySpan<byte> entry, long position, long prefix)
    {
        int flags = BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[28..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[30..]);
        ReadOnlySpan<byte> nameBytes = entry.Slice(EntryLength, nameLength);
        string name = ArchiveName.Decode(nameBytes, (flags & ZipMember.Utf8Flag) != 0, out bool broken);
        var extra = ZipExtra.Read(
            entry.Slice(EntryLength + nameLength, extraLength),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]));
        const int Unix = 3;
        const int MacOs = 19;
        var member = new ZipMember
        {
            Name = name,
            Flags = flags,
            Method = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]),
            Checksum = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]),
            CompressedLength = extra.CompressedLength,
            Length = extra.Length,
            HeaderOffset = (long)Int128.Clamp((Int128)extra.HeaderOffset + prefix, long.MinValue, long.MaxValue),
            EntryOffset = position,
            UnixMode = entry[5] is Unix or MacOs ? (int)(BinaryPrimitives.ReadUInt32LittleEndian(entry[38..]) >> 16) : 0,
        };
        _members.Add(member);
        string quoted = ModelFormatException.Quote(name);
        if (broken)
            Fault(ZipFaultKind.OddName, member, position, $"the name of member {quoted} is not valid UTF-8");
        if (extra.IsBroken)
            Fault(ZipFaultKind.BadEntry, member, position, $"the extra fields of member {quoted} are broken");
        if (extra.UnicodeName is { } other && !other.Equals(name, StringComparison.Ordinal) && !nameBytes.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            Fault(ZipFaultKind.NameMismatch, member, position, $"the member {quoted} has another name in its extra field: {ModelFormatException.Quote(other)}");
        if (BinaryPrimitives.ReadUInt16LittleEndian(entry[34..]) is not (0 or ushort.MaxValue))
            Fault(ZipFaultKind.EndMismatch, member, position, $"the member {quoted} is said to lie on another disk");
        if (_names.TryAdd(name, member))
            return;
        bool exact = _names[name].Name == name;
        Fault(exact ? ZipFaultKind.DuplicateName : ZipFaultKind.DuplicateCase, member, position,
            $"there are two members {quoted}{(exact ? "" : ", spelt in different case")}; readers differ in which one they take");
    }

    private void Judge(ZipMember member)
    {
        string quoted = ModelFormatException.Quote(member.Name);
        if (ArchiveName.Judge(member.Name) is var (kind, why))
            Fault(kind, member, member.EntryOffset, why);
        if (member.Local is { } local && local.Name != member.Name && ArchiveName.Judge(local.Name) is var (localKind, localWhy))
            Fault(localKind, member, member.HeaderOffset, localWhy);
        if (member.IsEncrypted)
            Fault(ZipFaultKind.Encrypted, member, member.EntryOffset, $"the member {quoted} is marked as encrypted");
        else if ((member.Flags & ~(ZipMember.DescriptorFlag | ZipMember.Utf8Flag | 0b110)) is var odd and not 0)
            Fault(ZipFaultKind.OddFlags, member, member.EntryOffset, FormattableString.Invariant($"the member {quoted} has flags that no model needs: 0x{odd:X}"));
        if (member.Method is not (ZipMember.Stored or ZipMember.Deflated))
            Fault(ZipFaultKind.OddMethod, member, member.EntryOffset, FormattableString.Invariant($"the member {quoted} has the compression method {member.Method}"));
        else if (member.Method == ZipMember.Stored && member.CompressedLength != member.Length && !member.IsEncrypted)
            Fault(ZipFaultKind.SizeMismatch, member, member.EntryOffset, $"the member {quoted} is stored but has two sizes");
        if (member.Length > InflationBudget.RatioFloor && member.Length / InflationBudget.UsualRatio > member.CompressedLength)
            Fault(ZipFaultKind.Ratio, member, member.EntryOffset, FormattableString.Invariant($"the member {quoted} claims to inflate from {member.CompressedLength} to {member.Length} bytes"));
        if (member.IsFolder && member.Length != 0)
            Fault(ZipFaultKind.BadEntry, member, member.EntryOffset, $"the folder {quoted} has content");
        if ((member.UnixMode & TypeBits) == LinkType)
            Fault(ZipFaultKind.Link, member, member.EntryOffset, $"the member {quoted} is a symbolic link");
        else if ((member.UnixMode & TypeBits) is not (0 or FileType or FolderType))
            Fault(ZipFaultKind.Device, member, member.EntryOffset, $"the member {quoted} is a device, pipe or socket");
    }

    private List<(long Start, long End)> Unclaimed(List<(long Start, long End)> claimed)
    {
        claimed.Sort();
        List<(long, long)> unclaimed = [];
        long next = 0;
        foreach ((long start, long end) in claimed)
        {
            if (start > next)
            {
                unclaimed.Add((next, start));
                Fault(next == 0 ? ZipFaultKind.Prefix : ZipFaultKind.Gap, null, next,
                    FormattableString.Invariant($"{start - next} bytes {(next == 0 ? "before the first member" : "between members")} belong to none"));
            }
            else if (start < next && end > start)
            {
                Fault(ZipFaultKind.Overlap, null, start, "members, or a member and the directory, share bytes");
            }

            next = Math.Max(next, end);
        }

        if (next < reader.Source.Size)
        {
            unclaimed.Add((next, reader.Source.Size));
            Fault(ZipFaultKind.Suffix, null, next, FormattableString.Invariant($"{reader.Source.Size - next} bytes follow the archive"));
        }

        return unclaimed;
    }

    private void Fault(ZipFaultKind kind, ZipMember? member, long? offset, string message)
    {
        if (_faults.Count < MaxFaults)
            _faults.Add(new ZipFault(kind, member, offset, message));
    }
}
