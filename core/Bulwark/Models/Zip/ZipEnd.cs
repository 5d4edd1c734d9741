using System.Buffers.Binary;
using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>The end record of an archive, found in the last 64 KiB.</summary>
/// <remarks>
/// <code>
/// end record     50 4B 05 06 | disk u16 | directory's disk u16 | entries here u16 | entries u16 | directory size u32 | offset u32 | comment length u16 | comment
/// zip64 locator  50 4B 06 07 | disk u32 | offset of the zip64 record u64 | disks u32                                    directly before the end record
/// zip64 record   50 4B 06 06 | length u64 | versions u16 u16 | disk u32 | directory's disk u32 | entries here u64 | entries u64 | size u64 | offset u64
/// </code>
/// Source: APPNOTE.TXT 6.3.10, 4.3.14 to 4.3.16.
/// </remarks>
internal sealed record ZipEnd(long Offset, long DirectoryOffset, long DirectoryLength, long Entries, long DirectoryEnd, long After, IReadOnlyList<long> Others)
{
    private const int RecordLength = 22;
    private const int LocatorLength = 20;
    private const int Zip64Length = 56;
    private const int MostCandidates = 256;
    private const int TailLength = RecordLength + ushort.MaxValue + LocatorLength + Zip64Length;

    /// <summary>Bytes before the archive's own offset 0, as an archive has that was put behind something.</summary>
    public long Prefix { get; init; }

    /// <summary>Finds the end record that readers take: the last one that has a directory.</summary>
    /// <returns>The record; null when there is none.</returns>
    public static async Task<ZipEnd?> FindAsync(IObjectReader reader, List<ZipFault> faults, CancellationToken cancellationToken)
    {
        long size = reader.Source.Size;
        byte[] tail = new byte[(int)Math.Min(size, TailLength)];
        long start = size - tail.Length;
        await reader.ReadAsync(start, tail, cancellationToken).ConfigureAwait(false);
        List<long> candidates = [];
        for (int at = tail.AsSpan().LastIndexOf("PK\u0005\u0006"u8); at >= 0 && candidates.Count < MostCandidates; at = tail.AsSpan(0, at + 3).LastIndexOf("PK\u0005\u0006"u8))
        {
            if (at <= tail.Length - RecordLength)
                candidates.Add(start + at);
        }

        foreach (long candidate in candidates)
        {
            List<ZipFault> own = [];
            if (await ReadAsync(reader, tail, start, candidate, own, cancellationToken).ConfigureAwait(false) is { } end)
            {
                faults.AddRange(own);
                return end with { Others = [.. candidates.Where(c => c != candidate)] };
            }
        }

        return null;
    }

    private static async Task<ZipEnd?> ReadAsync(IObjectReader reader, byte[] tail, long start, long at, List<ZipFault> faults, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> record = tail.AsMemory((int)(at - start));
        int entriesHere = BinaryPrimitives.ReadUInt16LittleEndian(record.Span[8..]);
        long entries = BinaryPrimitives.ReadUInt16LittleEndian(record.Span[10..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(record.Span[12..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(record.Span[16..]);
        int comment = BinaryPrimitives.ReadUInt16LittleEndian(record.Span[20..]);
        int disk = BinaryPrimitives.ReadUInt16LittleEndian(record.Span[4..]);
        int directoryDisk = BinaryPrimitives.ReadUInt16LittleEndian(record.Span[6..]);
        bool narrow = entries != ushort.MaxValue && length != uint.MaxValue && offset != uint.MaxValue;

        void Fault(string message) => faults.Add(new ZipFault(ZipFaultKind.EndMismatch, null, at, message));

        long directoryEnd = at;
        long prefix = 0;
        if (at >= LocatorLength && await StartsAsync(reader, at - LocatorLength, "PK\u0006\u0007"u8.ToArray(), cancellationToken).ConfigureAwait(false))
        {
            byte[] locator = new byte[LocatorLength];
            await reader.ReadAsync(at - LocatorLength, locator, cancellationToken).ConfigureAwait(false);
            long declared = BinaryPrimitives.ReadInt64LittleEndian(locator.AsSpan(8));
            long behind = at - LocatorLength - Zip64Length;
            long? place = await StartsAsync(reader, declared, "PK\u0006\u0006"u8.ToArray(), cancellationToken).ConfigureAwait(false) ? declared
                : await StartsAsync(reader, behind, "PK\u0006\u0006"u8.ToArray(), cancellationToken).ConfigureAwait(false) ? behind
                : null;
            if (place is { } zip64 && zip64 <= behind)
            {
                prefix = zip64 - declared;
                byte[] wide = new byte[Zip64Length];
                await reader.ReadAsync(zip64, wide, cancellationToken).ConfigureAwait(false);
                long wideEntries = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(32));
                long wideLength = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(40));
                long wideOffset = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(48));
                if (Differs(entries, ushort.MaxValue, wideEntries) || Differs(length, uint.MaxValue, wideLength) || Differs(offset, uint.MaxValue, wideOffset))
                    Fault("the end record and its zip64 form describe different directories");
                if (BinaryPrimitives.ReadUInt32LittleEndian(wide.AsSpan(16)) != 0 || BinaryPrimitives.ReadUInt32LittleEndian(wide.AsSpan(20)) != 0
                    || BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(24)) != wideEntries)
                    Fault("the zip64 end record speaks of several disks");
                if (BinaryPrimitives.ReadUInt64LittleEndian(wide.AsSpan(4)) != (ulong)(at - LocatorLength - zip64 - 12))
                    Fault("the zip64 end record has a wrong length");
                (entries, length, offset, directoryEnd) = (wideEntries, wideLength, wideOffset, zip64);
            }
            else if (!narrow)
            {
                return null;
            }
            else
            {
                Fault("the zip64 locator points to no record");
            }
        }
        else if (!narrow && (length == uint.MaxValue || offset == uint.MaxValue))
        {
            return null;
        }

        if (disk != 0 || directoryDisk != 0 || (entriesHere != ushort.MaxValue && entriesHere != Math.Min(entries, ushort.MaxValue)))
            Fault("the end record speaks of several disks, or counts members in two ways");
        long after = at + RecordLength + comment;
        if (after > reader.Source.Size)
        {
            Fault("the comment is cut short");
            after = reader.Source.Size;
        }

        if (entries < 0 || length < 0 || offset < 0 || length > directoryEnd)
            return null;
        long? directory = entries == 0 && length == 0 ? directoryEnd : await PlaceAsync(reader, offset, length, directoryEnd, cancellationToken).ConfigureAwait(false);
        if (directory is not { } found)
            return null;
        if (found != offset)
            prefix = found - offset;
        if (found + length != directoryEnd)
            Fault("the directory does not end where the end record begins");
        return new ZipEnd(at, found, Math.Min(length, directoryEnd - found), entries, directoryEnd, after, []) { Prefix = prefix };
    }

    // Where the record says, as miniz and PyTorch have it; or directly before the record, as Python has it, which forgives a prefix.
    private static async Task<long?> PlaceAsync(IObjectReader reader, long offset, long length, long directoryEnd, CancellationToken cancellationToken)
    {
        byte[] signature = "PK\u0001\u0002"u8.ToArray();
        if (offset <= directoryEnd && await StartsAsync(reader, offset, signature, cancellationToken).ConfigureAwait(false))
            return offset;
        return await StartsAsync(reader, directoryEnd - length, signature, cancellationToken).ConfigureAwait(false) ? directoryEnd - length : null;
    }

    private static bool Differs(long value, long sentinel, long wide) => value != sentinel && value != wide;

    private static async Task<bool> StartsAsync(IObjectReader reader, long offset, byte[] signature, CancellationToken cancellationToken)
    {
        if (offset < 0 || offset > reader.Source.Size - signature.Length)
            return false;
        byte[] bytes = new byte[signature.Length];
        await reader.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
        return bytes.AsSpan().SequenceEqual(signature);
    }
}
