using Bulwark.Models;
using Bulwark.Models.Zip;
using Bulwark.Scanning.Disguise;
using Bulwark.Storage;

namespace Bulwark.Scanning.Containers;

/// <summary>What the members of all kinds of archive have in common: limits, programs, and being scanned by what they are.</summary>
internal static class MemberScan
{
    private const int HeadLength = 512;

    /// <summary>What decompression may spend in the rest of a scan.</summary>
    public static InflationBudget Budget(ScanContext context, int depth, long most = long.MaxValue) => new()
    {
        MaxBytes = Math.Min(most, Math.Max(0, context.Limits.MaxInflatedBytes - context.InflatedBytes)),
        MaxRatio = context.Limits.MaxInflationRatio,
        // Archives in archives hold half each, so that all of them together hold no more than the limit.
        MaxHeldBytes = context.Limits.MaxHeldBytes >> Math.Min(depth + 1, 30),
        Spent = bytes => context.InflatedBytes += bytes,
    };

    /// <summary>Scans content as what it is, after a look whether it is a program.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        await ReportProgramAsync(content, path, context, cancellationToken).ConfigureAwait(false);
        await context.ScanContentAsync(content, path, depth + 1, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reports programs and scripts.</summary>
    public static async Task ReportProgramAsync(IObjectReader content, string path, ScanContext context, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(HeadLength, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (FileSignature.Of(head) is ((ForeignKind.Program or ForeignKind.Script) and var kind, var name) && !IsPage(kind, name, path))
            context.Add(ContainerRules.Program, path, 0, $"It is {name}.");
    }

    /// <summary>Counts a member; false when it must not be looked into, which is in the findings.</summary>
    public static bool TryEnter(string path, int depth, ScanContext context)
    {
        if (depth >= context.Limits.MaxDepth)
        {
            context.Add(ContainerRules.TooDeep, path, null, FormattableString.Invariant($"It lies inside {depth} others; what is in it was not inspected."));
            return false;
        }

        if (context.TryTakeMember(depth))
            return true;
        context.Add(ContainerRules.TooMany, path, null, FormattableString.Invariant($"More than {(depth == 0 ? context.Limits.MaxMembers : context.Limits.MaxNestedMembers)} members were found{(depth == 0 ? "" : " in containers inside containers")}."));
        return false;
    }

    /// <summary>Reports what opening or scanning content ran into.</summary>
    public static void Report(ModelFormatException e, string path, ScanContext context) =>
        context.Add(e.Code switch { "BW1423" => ContainerRules.Bomb, "BW1424" => ContainerRules.OddMethod, _ => ContainerRules.BrokenData }, path, null, e.Message);

    // A model card in HTML is no script under a false name.
    private static bool IsPage(ForeignKind kind, string name, string path) => kind == ForeignKind.Script && name == "a web page"
        && (path.EndsWith(".html", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".htm", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase));
}
