using System.Buffers.Binary;
using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>Compares each local header and data descriptor with the directory.</summary>
internal sealed class ZipLocalHeaders(IObjectReader reader, IReadOnlyList<ZipMember> members, long directoryOffset, List<ZipFault> faults)
{
    private const int HeaderLength = 30;
    private const int LongestDescriptor = 24;
    private const int MaxFaults = 1000;
    private const int ComparedFlags = ~0b110;

    private readonly RangeWindow _window = new(reader);

    /// <summary>Reads them in the order of the file.</summary>
    /// <returns>The ranges that members claim, with their headers and descriptors.</returns>
    public async Task<List<(long Start, long End)>> CheckAsync(CancellationToken cancellationToken)
    {
        List<(long, long)> claimed = new(members.Count + 2);
        ZipMember[] ordered = [.. members.OrderBy(m => m.HeaderOffset)];
        for (int i = 0; i < ordered.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long next = i + 1 < ordered.Length && ordered[i + 1].HeaderOffset < directoryOffset ? ordered[i + 1].HeaderOffset : directoryOffset;
            if (await CheckAsync(ordered[i], next, cancellationToken).ConfigureAwait(false) is { } end)
                claimed.Add((ordered[i].HeaderOffset, end));
        }

        return claimed;
    }

    private async Task<long?> CheckAsync(ZipMember member, long next, CancellationToken cancellationToken)
    {
        string quoted = ModelFormatException.Quote(member.Name);
        ReadOnlyMemory<byte> head = await _window.GetAsync(member.HeaderOffset, HeaderLength, cancellationToken).ConfigureAwait(false);
        if (head.Length < HeaderLength || !head.Span.StartsWith("PK\u0003\u0004"u8))
        {
            Fault(ZipFaultKind.NoLocalHeader, member, $"the directory's entry of {quoted} points to no local header");
            return null;
        }

        int flags = BinaryPrimitives.ReadUInt16LittleEndian(head.Span[6..]);
        int method = BinaryPrimitives.ReadUInt16LittleEndian(head.Span[8..]);
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(head.Span[14..]);
        uint compressed = BinaryPrimitives.ReadUInt32LittleEndian(head.Span[18..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head.Span[22..]);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(head.Span[26..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(head.Span[28..]);
        long data = member.HeaderOffset + HeaderLength + nameLength + extraLength;

        // Padding in the extra field, as PyTorch has it, is not worth reading.
        bool wide = compressed == uint.MaxValue || length == uint.MaxValue;
        ReadOnlyMemory<byte> rest = await _window.GetAsync(member.HeaderOffset + HeaderLength, nameLength + (wide ? extraLength : 0), cancellationToken).ConfigureAwait(false);
        if (data > reader.Source.Size || rest.Length < nameLength)
        {
            Fault(ZipFaultKind.NoLocalHeader, member, $"the local header of {quoted} is cut short");
            return null;
        }

        string name = ArchiveName.Decode(rest.Span[..nameLength], (flags & ZipMember.Utf8Flag) != 0, out _);
        var sizes = ZipExtra.Read(rest.Span[nameLength..], length, compressed, 0);
        member.DataOffset = data;
        bool described = ((flags | member.Flags) & ZipMember.DescriptorFlag) != 0;
        member.HasLocalChecksum = checksum != 0 || (flags & ZipMember.DescriptorFlag) == 0;
        bool sized = !described || sizes.CompressedLength != 0 || sizes.Length != 0;
        Compare(member, quoted, name, method, flags, checksum, described, sized, sizes);
        if (member.CompressedLength > reader.Source.Size - data)
        {
            Fault(ZipFaultKind.SizeMismatch, member, $"the data of member {quoted} reaches beyond the file");
            return data;
        }

        long end = data + member.CompressedLength;
        return described ? await DescriptorAsync(member, quoted, end, next, cancellationToken).ConfigureAwait(false) : end;
    }

    private void Compare(ZipMember member, string quoted, string name, int method, int flags, uint checksum, bool described, bool sized, ZipExtra sizes)
    {
        bool named = name == member.Name || ((flags ^ member.Flags) & ZipMember.Utf8Flag) != 0;
        if (!named)
            Fault(ZipFaultKind.NameMismatch, member, $"the member {quoted} is called {ModelFormatException.Quote(name)} in its local header");
        if (method != member.Method)
            Fault(ZipFaultKind.MethodMismatch, member, FormattableString.Invariant($"the member {quoted} has method {member.Method} in the directory and {method} in its local header"));
        if (((flags ^ member.Flags) & ComparedFlags) != 0)
            Fault(ZipFaultKind.FlagsMismatch, member, FormattableString.Invariant($"the member {quoted} has flags 0x{member.Flags:X} in the directory and 0x{flags:X} in its local header"));
        bool sameSize = sizes.CompressedLength == member.CompressedLength && sizes.Length == member.Length;
        if (sized && !sameSize)
            Fault(ZipFaultKind.SizeMismatch, member, FormattableString.Invariant($"the member {quoted} has {member.Length} bytes in the directory and {sizes.Length} in its local header"));
        if (checksum != member.Checksum && !(described && checksum == 0))
            Fault(ZipFaultKind.ChecksumMismatch, member, $"the member {quoted} has different checksums in the directory and in its local header");
        if (!named || method != member.Method || (sized && !sameSize))
            member.Local = new ZipLocalView(name, flags, method, sized ? sizes.CompressedLength : null);
    }

    // With or without a signature, with sizes of 32 or 64 bits: what fits the directory and the next header is taken.
    private async Task<long> DescriptorAsync(ZipMember member, string quoted, long end, long next, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> bytes = await _window.GetAsync(end, (int)Math.Clamp(next - end, 0, LongestDescriptor), cancellationToken).ConfigureAwait(false);
        int signature = bytes.Span.StartsWith("PK\u0007\u0008"u8) ? 4 : 0;
        int[] widths = next - end == signature + 20 ? [8, 4] : [4, 8];
        foreach (int width in widths)
        {
            int length = signature + 4 + (2 * width);
            if (bytes.Length < length)
                continue;
            ReadOnlySpan<byte> sizes = bytes.Span[(signature + 4)..];
            long compressed = width == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(sizes) : BinaryPrimitives.ReadInt64LittleEndian(sizes);
            long whole = width == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(sizes[4..]) : BinaryPrimitives.ReadInt64LittleEndian(sizes[8..]);
            if (compressed != member.CompressedLength || whole != member.Length)
                continue;
            member.DescriptorChecksumOffset = end + signature;
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[signature..]) != member.Checksum)
                Fault(ZipFaultKind.ChecksumMismatch, member, $"the member {quoted} has different checksums in the directory and in its descriptor");
            return end + length;
        }

        Fault(ZipFaultKind.NoDescriptor, member, $"the data descriptor of member {quoted} is missing or gives other sizes");
        return end;
    }

    private void Fault(ZipFaultKind kind, ZipMember member, string message)
    {
        if (faults.Count < MaxFaults)
            faults.Add(new ZipFault(kind, member, member.HeaderOffset, message));
    }
}
