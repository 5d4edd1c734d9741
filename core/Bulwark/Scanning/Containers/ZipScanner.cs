using Bulwark.Models;
using Bulwark.Models.Torch;
using Bulwark.Models.Zip;
using Bulwark.Scanning.Torch;
using Bulwark.Storage;

namespace Bulwark.Scanning.Containers;

/// <summary>
/// Scans zip archives of any kind: the rules they break, what PyTorch and Python would load from them, what other readers would
/// find in them, and what no reader should.
/// </summary>
internal static class ZipScanner
{
    private const long OverlapBudget = 64 << 20;

    /// <summary>Scans an archive; one of PyTorch by what its loader does.</summary>
    public static async Task ScanAsync(ZipDirectory directory, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        TorchZipLayout torch = TorchZipLayout.Of(directory);
        await ReportAsync(directory, torch.Kind != TorchZipKind.None, path, depth, context, cancellationToken).ConfigureAwait(false);
        var members = new ZipMembers(directory, path, depth, Budget(directory, depth, context), context);
        if (torch.Kind == TorchZipKind.None)
            await members.ScanAsync(static _ => true, MemberScan.ScanAsync, cancellationToken).ConfigureAwait(false);
        else
            await new TorchZipScan(directory, torch, members, path, depth, context).ScanAsync(cancellationToken).ConfigureAwait(false);
        await new ZipRemains(directory, path, depth, Budget(directory, depth, context), context).ScanAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reports the rules an archive breaks.</summary>
    private static async Task ReportAsync(ZipDirectory directory, bool torch, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        foreach (ZipFault fault in directory.Faults)
        {
            ScanRule? rule = fault.Kind switch
            {
                ZipFaultKind.Traversal => ContainerRules.Traversal,
                ZipFaultKind.AbsoluteName => ContainerRules.AbsoluteName,
                ZipFaultKind.OddName => ContainerRules.OddName,
                ZipFaultKind.DuplicateName => ContainerRules.DuplicateName,
                ZipFaultKind.DuplicateCase => torch ? ContainerRules.DuplicateName : ContainerRules.DuplicateCase,
                ZipFaultKind.NameMismatch or ZipFaultKind.MethodMismatch or ZipFaultKind.FlagsMismatch or ZipFaultKind.SizeMismatch
                    or ZipFaultKind.NoLocalHeader or ZipFaultKind.NoDescriptor => ContainerRules.HeaderMismatch,
                ZipFaultKind.ChecksumMismatch => ContainerRules.Checksum,
                ZipFaultKind.OddFlags => ContainerRules.FalseFlags,
                ZipFaultKind.OddMethod => ContainerRules.OddMethod,
                ZipFaultKind.NoEnd or ZipFaultKind.SeveralEnds or ZipFaultKind.EndMismatch or ZipFaultKind.BadDirectory => ContainerRules.EndRecord,
                ZipFaultKind.Prefix or ZipFaultKind.Suffix or ZipFaultKind.Gap => ContainerRules.UnclaimedBytes,
                ZipFaultKind.Overlap => ContainerRules.Overlap,
                ZipFaultKind.TooMany => ContainerRules.TooMany,
                ZipFaultKind.Device => ContainerRules.Device,
                ZipFaultKind.BadEntry => ContainerRules.BadEntry,
                ZipFaultKind.Ratio => ContainerRules.Bomb,
                ZipFaultKind.Link => await JudgeLinkAsync(directory, fault.Member!, depth, context, cancellationToken).ConfigureAwait(false),
                // Whether it is encrypted shows when it is opened.
                ZipFaultKind.Encrypted => null,
                _ => ContainerRules.EndRecord,
            };
            if (rule is not null)
                context.Add(rule, path, fault.Offset, char.ToUpperInvariant(fault.Message[0]) + fault.Message[1..] + ".");
        }
    }

    // The content of a link is where it points to.
    private static async Task<ScanRule> JudgeLinkAsync(ZipDirectory directory, ZipMember member, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        const int LongestTarget = 4096;
        try
        {
            await using IObjectReader content = await directory.OpenAsync(member, MemberScan.Budget(context, depth, LongestTarget), cancellationToken).ConfigureAwait(false);
            if (content.Source.Size is 0 or > LongestTarget)
                return ContainerRules.LinkOut;
            byte[] target = new byte[(int)content.Source.Size];
            await content.ReadAsync(0, target, cancellationToken).ConfigureAwait(false);
            return ArchiveLink.Judge(member.Name, ArchiveName.Decode(target, utf8: true, out _));
        }
        catch (ModelFormatException)
        {
            return ContainerRules.LinkOut;
        }
    }

    private static InflationBudget Budget(ZipDirectory directory, int depth, ScanContext context) =>
        MemberScan.Budget(context, depth, directory.Faults.Any(f => f.Kind == ZipFaultKind.Overlap) ? OverlapBudget : long.MaxValue);
}
