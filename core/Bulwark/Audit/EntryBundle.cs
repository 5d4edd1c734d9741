using System.Buffers.Binary;

namespace Bulwark.Audit;

/// <summary>
/// Entries one after the other (C2SP tlog-tiles, "Log entries").
/// <code>
/// repeated:  uint16 big-endian length, then that many bytes
/// </code>
/// </summary>
public static class EntryBundle
{
    /// <summary>Bytes of an entry at most.</summary>
    public const int MaxEntryBytes = ushort.MaxValue;

    /// <summary>Bytes of a full bundle at most.</summary>
    public const int MaxBytes = TilePath.FullWidth * (MaxEntryBytes + 2);

    /// <summary>Appends entries to the bytes of a bundle.</summary>
    /// <exception cref="AuditException">BW1308 when an entry is longer than 65,535 bytes.</exception>
    public static byte[] Append(ReadOnlySpan<byte> bundle, IReadOnlyCollection<byte[]> entries)
    {
        int total = bundle.Length;
        foreach (byte[] entry in entries)
        {
            if (entry.Length > MaxEntryBytes)
                throw AuditException.EntryRefused($"it has {entry.Length} bytes, more than {MaxEntryBytes}");
            total = checked(total + 2 + entry.Length);
        }

        byte[] bytes = new byte[total];
        bundle.CopyTo(bytes);
        Span<byte> rest = bytes.AsSpan(bundle.Length);
        foreach (byte[] entry in entries)
        {
            BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)entry.Length);
            entry.CopyTo(rest[2..]);
            rest = rest[(2 + entry.Length)..];
        }

        return bytes;
    }

    /// <summary>Splits a bundle. False when it is cut short or has more than 256 entries; what was read until there is kept.</summary>
    public static bool TrySplit(ReadOnlyMemory<byte> bundle, out IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        List<ReadOnlyMemory<byte>> found = [];
        entries = found;
        while (!bundle.IsEmpty)
        {
            if (found.Count == TilePath.FullWidth || bundle.Length < 2)
                return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(bundle.Span);
            if (bundle.Length - 2 < length)
                return false;
            found.Add(bundle.Slice(2, length));
            bundle = bundle[(2 + length)..];
        }

        return true;
    }
}
