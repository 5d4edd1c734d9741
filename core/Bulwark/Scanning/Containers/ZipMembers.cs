using System.IO.Hashing;
using Bulwark.Models;
using Bulwark.Models.Zip;
using Bulwark.Scanning.Pickle;
using Bulwark.Storage;

namespace Bulwark.Scanning.Containers;

/// <summary>
/// Opens the members of an archive in every way that some reader would: as the directory says, as the local header says, and as
/// they lie there when neither can be done.
/// </summary>
internal sealed class ZipMembers(ZipDirectory directory, string path, int depth, InflationBudget budget, ScanContext context)
{
    private const long LongestChecked = 64 << 20;

    private readonly HashSet<(long, long, int)> _opened = [];

    /// <summary>Scans the content of a member.</summary>
    public delegate Task ContentScan(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken);

    /// <summary>Scans members.</summary>
    /// <param name="which">Which ones.</param>
    /// <param name="scan">How.</param>
    /// <param name="cancellationToken">Stops the scan.</param>
    public async Task ScanAsync(Func<ZipMember, bool> which, ContentScan scan, CancellationToken cancellationToken)
    {
        foreach (ZipMember member in directory.Members)
        {
            if ((member.IsFolder && member.Length == 0 && member.CompressedLength == 0) || !which(member))
                continue;
            if (!MemberScan.TryEnter(path, depth, context))
                return;
            await ScanAsync(member, scan, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Scans one member.</summary>
    public async Task ScanAsync(ZipMember member, ContentScan scan, CancellationToken cancellationToken)
    {
        string name = $"{path}!{member.Name}";
        if (directory.OpenRaw(member) is not { } raw)
        {
            // Where the directory's size leaves the file, readers stop at its end.
            if (member.DataOffset is { } offset && offset < directory.Reader.Source.Size)
                await ScanRawAsync(new ReaderSection(directory.Reader, member.Name, offset, directory.Reader.Source.Size - offset), name, scan, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (member.IsEncrypted || member.Method is not (ZipMember.Stored or ZipMember.Deflated) || (member.Method == ZipMember.Stored && member.CompressedLength != member.Length))
            await ScanUnreadableAsync(member, raw, name, scan, cancellationToken).ConfigureAwait(false);
        else if (!await TryScanAsync(member, raw, member.Method, member.Length, name, scan, cancellationToken).ConfigureAwait(false) && member.Method == ZipMember.Deflated)
            await ScanRawAsync(raw, name, scan, cancellationToken).ConfigureAwait(false);

        if (member.Local is { } local)
            await ScanLocalAsync(member, local, name, scan, cancellationToken).ConfigureAwait(false);
    }

    // A member that no reader opens is still looked at: the marks may be false, as in CVE-2025-1945.
    private async Task ScanUnreadableAsync(ZipMember member, IObjectReader raw, string name, ContentScan scan, CancellationToken cancellationToken)
    {
        bool whole = member.CompressedLength == member.Length && member.Checksum == await ChecksumAsync(raw, cancellationToken).ConfigureAwait(false);
        bool found = whole && member.Length > 0;
        if (found)
            await scan(raw, name, depth, context, cancellationToken).ConfigureAwait(false);
        else
            found = await ScanRawAsync(raw, name, scan, cancellationToken).ConfigureAwait(false);
        if (!found && member.Method == ZipMember.Deflated)
            found = await TryScanAsync(member, raw, ZipMember.Deflated, member.Length, name, scan, cancellationToken, quiet: true).ConfigureAwait(false);
        if (member.IsEncrypted)
            context.Add(found ? ContainerRules.FalseFlags : ContainerRules.Encrypted, name, null, found ? "It is marked as encrypted, but is not." : "It is encrypted.");
    }

    private async Task ScanLocalAsync(ZipMember member, ZipLocalView local, string name, ContentScan scan, CancellationToken cancellationToken)
    {
        long offset = member.DataOffset!.Value;
        long length = Math.Min(local.CompressedLength ?? member.CompressedLength, directory.Reader.Source.Size - offset);
        string alias = local.Name == member.Name ? name : $"{path}!{local.Name}";
        var raw = new ReaderSection(directory.Reader, local.Name, offset, length);
        int method = local.Method == ZipMember.Deflated ? ZipMember.Deflated : ZipMember.Stored;
        await TryScanAsync(member, raw, method, null, alias, scan, cancellationToken, quiet: true).ConfigureAwait(false);
    }

    private async Task<bool> TryScanAsync(
        ZipMember member, IObjectReader raw, int method, long? length, string name, ContentScan scan, CancellationToken cancellationToken, bool quiet = false)
    {
        // Overlapping members would be inflated again and again.
        if (!_opened.Add((member.DataOffset!.Value, raw.Source.Size, method)))
            return true;
        try
        {
            await using IObjectReader content = method == ZipMember.Stored ? raw : await Inflated.OpenAsync(raw, Decoders.Deflate, budget, length, cancellationToken).ConfigureAwait(false);
            if (!quiet && directory.HasChecksums && content.Source.Size <= LongestChecked && member.Checksum != await ChecksumAsync(content, cancellationToken).ConfigureAwait(false))
                context.Add(ContainerRules.Checksum, name, null, "Its CRC-32 is not that of its content.");
            await scan(content, name, depth, context, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ModelFormatException e)
        {
            if (!quiet || e.Code == "BW1423")
                MemberScan.Report(e, name, context);
            return false;
        }
    }

    private async Task<bool> ScanRawAsync(IObjectReader raw, string name, ContentScan scan, CancellationToken cancellationToken)
    {
        if (!await PickleScanner.LooksLikePickleAsync(raw, 0, cancellationToken).ConfigureAwait(false))
            return false;
        await scan(raw, name, depth, context, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static async Task<uint> ChecksumAsync(IObjectReader content, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[(int)Math.Min(1 << 17, content.Source.Size)];
        var checksum = new Crc32();
        for (long at = 0; at < content.Source.Size && at < LongestChecked; at += buffer.Length)
        {
            Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, content.Source.Size - at));
            await content.ReadAsync(at, piece, cancellationToken).ConfigureAwait(false);
            checksum.Append(piece.Span);
        }

        return checksum.GetCurrentHashAsUInt32();
    }
}
