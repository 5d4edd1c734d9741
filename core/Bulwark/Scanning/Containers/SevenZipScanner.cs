using Bulwark.Models;
using Bulwark.Models.SevenZip;
using Bulwark.Models.Zip;
using Bulwark.Storage;

namespace Bulwark.Scanning.Containers;

/// <summary>Scans 7z archives: names, links, and each file by what it is.</summary>
internal static class SevenZipScanner
{
    private const int TypeBits = 0xF000;
    private const int LinkType = 0xA000;

    /// <summary>Whether a file begins as a 7z archive does.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => SevenZipArchive.Looks(head);

    /// <summary>Scans an archive.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        InflationBudget budget = MemberScan.Budget(context, depth);
        try
        {
            SevenZipArchive archive = await SevenZipArchive.ReadAsync(content, budget, cancellationToken).ConfigureAwait(false);
            foreach (SevenZipMember member in archive.Members)
                JudgeName(member, path, context);
            foreach (IGrouping<int, SevenZipMember> block in archive.Members.Where(m => m.Length > 0).GroupBy(m => m.Folder))
                await ScanBlockAsync(archive, block.Key, [.. block], budget, path, depth, context, cancellationToken).ConfigureAwait(false);
            if (archive.End < content.Source.Size && MemberScan.TryEnter(path, depth, context))
            {
                context.Add(ContainerRules.UnclaimedBytes, path, archive.End, FormattableString.Invariant($"{content.Source.Size - archive.End} bytes follow the archive."));
                var rest = new ReaderSection(content, "rest", archive.End, content.Source.Size - archive.End);
                await MemberScan.ScanAsync(rest, $"{path}!rest", depth, context, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ModelFormatException e)
        {
            ScanRule rule = e.Code switch
            {
                "BW1423" => ContainerRules.Bomb,
                "BW1424" => e.Message.Contains("encrypted", StringComparison.Ordinal) ? ContainerRules.Encrypted : ContainerRules.OddMethod,
                "BW1421" => ContainerRules.TooMany,
                _ => ContainerRules.BrokenArchive,
            };
            context.Add(rule, path, null, e.Message);
        }
    }

    private static async Task ScanBlockAsync(
        SevenZipArchive archive, int folder, SevenZipMember[] members, InflationBudget budget, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        if (archive.Folders[folder].IsEncrypted)
        {
            context.Add(ContainerRules.Encrypted, $"{path}!{members[0].Name}", null, "It is encrypted.");
            return;
        }

        try
        {
            await using IObjectReader block = await archive.Folders[folder].OpenAsync(archive.Reader, budget, cancellationToken).ConfigureAwait(false);
            foreach (SevenZipMember member in members)
            {
                if (!MemberScan.TryEnter(path, depth, context))
                    return;
                var content = new ReaderSection(block, member.Name, member.Offset, member.Length);
                await MemberScan.ScanAsync(content, $"{path}!{member.Name}", depth, context, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ModelFormatException e)
        {
            MemberScan.Report(e, $"{path}!{members[0].Name}", context);
        }
    }

    private static void JudgeName(SevenZipMember member, string path, ScanContext context)
    {
        if (ArchiveName.Judge(member.Name) is var (kind, why))
        {
            ScanRule rule = kind switch { ZipFaultKind.Traversal => ContainerRules.Traversal, ZipFaultKind.AbsoluteName => ContainerRules.AbsoluteName, _ => ContainerRules.OddName };
            context.Add(rule, path, null, char.ToUpperInvariant(why[0]) + why[1..] + ".");
        }

        if ((member.UnixMode & TypeBits) == LinkType)
            context.Add(ContainerRules.Link, path, null, $"The member {ModelFormatException.Quote(member.Name)} is a symbolic link.");
    }
}
