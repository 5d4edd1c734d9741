using System.Buffers.Binary;
using Bulwark.Models;
using Bulwark.Models.Zip;
using Bulwark.Storage;

namespace Bulwark.Scanning.Containers;

/// <summary>Looks into the bytes of an archive that belong to no member: files of their own, and members that the directory does not list.</summary>
internal sealed class ZipRemains(ZipDirectory directory, string path, int depth, InflationBudget budget, ScanContext context)
{
    private const int HeaderLength = 30;
    private const int PieceLength = 1 << 16;
    private const long MostSearched = 256 << 20;
    private const int MostUnlisted = 1000;

    private byte[]? _piece;
    private int _unlisted;
    private long _searched;

    /// <summary>Scans them.</summary>
    public async Task ScanAsync(CancellationToken cancellationToken)
    {
        foreach ((long start, long end) in directory.Unclaimed)
        {
            if (!MemberScan.TryEnter(path, depth, context))
                return;
            var region = new ReaderSection(directory.Reader, "unclaimed", start, end - start);
            byte[] head = new byte[(int)Math.Min(4, region.Source.Size)];
            await region.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
            bool whole = end - start == directory.Reader.Source.Size;
            if (!whole && !head.AsSpan().StartsWith("PK\u0003\u0004"u8))
            {
                try
                {
                    await MemberScan.ScanAsync(region, FormattableString.Invariant($"{path}!bytes {start}..{end}"), depth, context, cancellationToken).ConfigureAwait(false);
                }
                catch (ModelFormatException e)
                {
                    MemberScan.Report(e, path, context);
                }
            }

            await FindMembersAsync(region, start, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FindMembersAsync(ReaderSection region, long start, CancellationToken cancellationToken)
    {
        for (long at = 0; at <= region.Source.Size - HeaderLength && _searched < MostSearched;)
        {
            at = await NextHeaderAsync(region, at, cancellationToken).ConfigureAwait(false);
            at = await ScanUnlistedAsync(region, at, start, cancellationToken).ConfigureAwait(false);
            if (_unlisted > MostUnlisted)
                return;
        }
    }

    /// <summary>Scans what a local header announces; returns where to search on.</summary>
    private async Task<long> ScanUnlistedAsync(ReaderSection region, long at, long start, CancellationToken cancellationToken)
    {
        if (at > region.Source.Size - HeaderLength)
            return region.Source.Size;
        byte[] header = new byte[HeaderLength];
        await region.ReadAsync(at, header, cancellationToken).ConfigureAwait(false);
        int method = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(8));
        long compressed = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(18));
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26));
        long data = at + HeaderLength + nameLength + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
        if (data > region.Source.Size || nameLength == 0)
            return at + 4;
        byte[] nameBytes = new byte[nameLength];
        await region.ReadAsync(at + HeaderLength, nameBytes, cancellationToken).ConfigureAwait(false);
        string name = ArchiveName.Decode(nameBytes, utf8: true, out _);
        if (++_unlisted > MostUnlisted || !MemberScan.TryEnter(path, depth, context))
            return region.Source.Size;
        context.Add(ContainerRules.Unlisted, path, start + at, $"A local header names {ModelFormatException.Quote(name)}, which the directory does not list.");
        // A length that is not told ends at the next header at the latest, where the search goes on: each byte is looked at once, not once for each header before it.
        bool told = compressed is not (0 or uint.MaxValue) && compressed <= region.Source.Size - data;
        long length = told ? compressed : await NextHeaderAsync(region, data, cancellationToken).ConfigureAwait(false) - data;
        var raw = new ReaderSection(region, name, data, length);
        try
        {
            await using IObjectReader content = method == ZipMember.Deflated ? await Inflated.OpenAsync(raw, Decoders.Deflate, budget, null, cancellationToken).ConfigureAwait(false) : raw;
            await MemberScan.ScanAsync(content, $"{path}!{name}", depth, context, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException e)
        {
            if (e.Code == "BW1423")
                MemberScan.Report(e, path, context);
        }

        return data + length;
    }

    /// <summary>Where the next local header begins; the end of the region when there is none, or when enough was searched.</summary>
    private async Task<long> NextHeaderAsync(ReaderSection region, long from, CancellationToken cancellationToken)
    {
        byte[] piece = _piece ??= new byte[PieceLength];
        for (long at = from; at < region.Source.Size && _searched < MostSearched;)
        {
            int length = (int)Math.Min(piece.Length, region.Source.Size - at);
            await region.ReadAsync(at, piece.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            _searched += length;
            int found = piece.AsSpan(0, length).IndexOf("PK\u0003\u0004"u8);
            if (found >= 0)
                return at + found;
            at += length <= 3 ? length : length - 3;
        }

        return region.Source.Size;
    }
}
