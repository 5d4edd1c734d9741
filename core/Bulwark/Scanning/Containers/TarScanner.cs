using Bulwark.Models;
using Bulwark.Models.Tar;
using Bulwark.Models.Torch;
using Bulwark.Models.Zip;
using Bulwark.Scanning.Torch;
using Bulwark.Storage;

namespace Bulwark.Scanning.Containers;

/// <summary>Scans tar archives: names, links, devices, and each member by what it is.</summary>
internal static class TarScanner
{
    /// <summary>Scans an archive.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        TarArchive archive = await TarArchive.ReadAsync(content, cancellationToken).ConfigureAwait(false);
        foreach (string fault in archive.Faults)
            context.Add(ContainerRules.BrokenArchive, path, archive.End, char.ToUpperInvariant(fault[0]) + fault[1..] + ".");
        foreach (TarMember member in archive.Members)
            JudgeName(member, path, context);

        bool torch = TorchTarFile.Is(archive);
        if (torch && MemberScan.TryEnter(path, depth, context))
            await new TorchTarScan(archive, path, depth, context).ScanAsync(cancellationToken).ConfigureAwait(false);
        foreach (TarMember member in archive.Members.Where(m => m.Length > 0 && !(torch && TorchTarScan.IsOwn(m))))
        {
            if (!MemberScan.TryEnter(path, depth, context))
                return;
            await ScanMemberAsync(archive.Open(member), $"{path}!{member.Name}", depth, context, cancellationToken).ConfigureAwait(false);
        }

        if (archive.End < content.Source.Size && archive.Faults.Count == 0 && MemberScan.TryEnter(path, depth, context))
        {
            context.Add(ContainerRules.UnclaimedBytes, path, archive.End, FormattableString.Invariant($"{content.Source.Size - archive.End} bytes follow the archive."));
            var rest = new ReaderSection(content, "rest", archive.End, content.Source.Size - archive.End);
            await ScanMemberAsync(rest, $"{path}!rest", depth, context, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task ScanMemberAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        try
        {
            await MemberScan.ScanAsync(content, path, depth, context, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException e)
        {
            MemberScan.Report(e, path, context);
        }
    }

    private static void JudgeName(TarMember member, string path, ScanContext context)
    {
        if (ArchiveName.Judge(member.Name) is var (kind, why))
        {
            ScanRule rule = kind switch { ZipFaultKind.Traversal => ContainerRules.Traversal, ZipFaultKind.AbsoluteName => ContainerRules.AbsoluteName, _ => ContainerRules.OddName };
            context.Add(rule, path, member.HeaderOffset, char.ToUpperInvariant(why[0]) + why[1..] + ".");
        }

        string quoted = ModelFormatException.Quote(member.Name);
        if (member.IsLink)
        {
            // A hard link names its target from the archive's root, a symbolic one from its own folder.
            ScanRule rule = ArchiveLink.Judge(member.Type == '1' ? "x" : member.Name, member.LinkName);
            context.Add(rule, path, member.HeaderOffset, $"The member {quoted} is a link to {ModelFormatException.Quote(member.LinkName)}.");
        }
        else if (member.IsDevice)
        {
            context.Add(ContainerRules.Device, path, member.HeaderOffset, $"The member {quoted} is a device or pipe.");
        }
    }
}
