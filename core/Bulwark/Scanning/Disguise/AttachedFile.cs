using System.Buffers.Binary;
using Bulwark.Storage;

namespace Bulwark.Scanning.Disguise;

/// <summary>Finds files attached behind another: what lies after the last byte its format accounts for, and archives that are read from their end.</summary>
internal static class AttachedFile
{
    private const int EndRecordLength = 22;
    private const int Zip64EndLength = 56 + 20;
    private const int LongestComment = ushort.MaxValue;

    /// <summary>Reports what is attached.</summary>
    /// <param name="content">The file.</param>
    /// <param name="end">The first byte its format does not account for; the file's size when there is none.</param>
    /// <param name="trailing">The rule for bytes that are nothing known; null when the format allows them.</param>
    /// <param name="path">Where the file stands.</param>
    /// <param name="depth">Containers around it.</param>
    /// <param name="context">Receives findings.</param>
    /// <param name="cancellationToken">Stops the scan.</param>
    public static async Task ReportAsync(IObjectReader content, long end, ScanRule? trailing, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        if (await FindZipAsync(content, cancellationToken).ConfigureAwait(false) is { } zip)
            context.Add(DisguiseRules.Polyglot, path, zip, "A zip archive ends where the file ends.");
        long rest = content.Source.Size - end;
        if (rest <= 0)
            return;
        byte[] head = new byte[(int)Math.Min(4096, rest)];
        await content.ReadAsync(end, head, cancellationToken).ConfigureAwait(false);
        if (!head.AsSpan().ContainsAnyExcept((byte)0) && rest <= head.Length)
            return;
        string? known = FileSignature.Of(head) is { } foreign ? foreign.Name : Known(head);
        if (known is not null)
            context.Add(DisguiseRules.Polyglot, path, end, $"Behind the model begins {known}.");
        else if (trailing is not null)
            context.Add(trailing, path, end, FormattableString.Invariant($"{rest} bytes follow the end of the model."));
        if (depth < context.Limits.MaxDepth)
            await context.ScanContentAsync(new ReaderSection(content, "attached", end, rest), path + "!attached", depth + 1, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Where the end record of a zip archive stands that readers would take; null when there is none.</summary>
    public static async Task<long?> FindZipAsync(IObjectReader content, CancellationToken cancellationToken)
    {
        int length = (int)Math.Min(content.Source.Size, EndRecordLength + LongestComment);
        if (length < EndRecordLength)
            return null;
        byte[] tail = new byte[length];
        long start = content.Source.Size - length;
        await content.ReadAsync(start, tail, cancellationToken).ConfigureAwait(false);
        // A window of weights holds such a signature by chance once in four billion bytes; the directory it points to settles it.
        const int MostCandidates = 64;
        int candidates = 0;
        for (int at = tail.AsSpan().LastIndexOf("PK\u0005\u0006"u8); at >= 0 && candidates < MostCandidates; at = tail.AsSpan(0, at).LastIndexOf("PK\u0005\u0006"u8), candidates++)
        {
            if (at > length - EndRecordLength)
                continue;
            ReadOnlyMemory<byte> record = tail.AsMemory(at, EndRecordLength);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(record.Span[12..]);
            uint offset = BinaryPrimitives.ReadUInt32LittleEndian(record.Span[16..]);
            int entries = BinaryPrimitives.ReadUInt16LittleEndian(record.Span[10..]);
            if (entries == 0)
                continue;
            foreach (long directory in new[] { start + at - size, start + at - size - Zip64EndLength, offset })
            {
                if (await IsDirectoryAsync(content, directory, cancellationToken).ConfigureAwait(false))
                    return start + at;
            }

            if (at >= 20 && tail.AsSpan(at - 20, 4).SequenceEqual("PK\u0006\u0007"u8))
                return start + at;
        }

        return null;
    }

    private static async Task<bool> IsDirectoryAsync(IObjectReader content, long at, CancellationToken cancellationToken)
    {
        if (at < 0 || at > content.Source.Size - 4)
            return false;
        byte[] signature = new byte[4];
        await content.ReadAsync(at, signature, cancellationToken).ConfigureAwait(false);
        return signature.AsSpan().SequenceEqual("PK\u0001\u0002"u8);
    }

    private static string? Known(ReadOnlySpan<byte> head) => head switch
    {
        [0x80, >= 2 and <= 5, >= 0x28, ..] => "a pickle",
        [(byte)'P', (byte)'K', 3, 4, ..] => "a zip archive",
        [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, ..] => "a 7z archive",
        [0x1F, 0x8B, 8, ..] => "a gzip file",
        [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => "an xz file",
        [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', ..] => "a bzip2 file",
        [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => "an HDF5 file",
        _ => null,
    };
}
