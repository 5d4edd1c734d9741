using Bulwark.Storage;

namespace Bulwark.Scanning;

/// <summary>What a scan of one file has found so far and may still spend. Not safe for concurrent use.</summary>
/// <param name="limits">What it may spend.</param>
/// <param name="scanContent">Scans content found inside a container, by what it is.</param>
internal sealed class ScanContext(ScanLimits limits, ScanContext.ContentScan scanContent)
{
    private readonly List<ScanFinding> _findings = [];
    private readonly HashSet<(string, string, long?)> _seen = [];
    private int _members;
    private int _nestedMembers;

    /// <summary>A scan on the side, whose findings are judged before any is told. It does not look into containers.</summary>
    public static ScanContext Aside(ScanLimits limits) => new(limits, static (_, _, _, _, _) => Task.CompletedTask);

    /// <summary>Scans content by what it is.</summary>
    public delegate Task ContentScan(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken);

    /// <summary>The limits.</summary>
    public ScanLimits Limits { get; } = limits;

    /// <summary>Where the scanned file lies, to look up the files that it names; null when it is scanned by itself.</summary>
    public IObjectStore? Store { get; init; }

    /// <summary>What fired, in the order it was found.</summary>
    public IReadOnlyList<ScanFinding> Findings => _findings;

    /// <summary>Findings that were not kept because there were too many.</summary>
    public int Dropped { get; private set; }

    /// <summary>The worst verdict so far.</summary>
    public Verdict Verdict { get; private set; }

    /// <summary>Bytes decompressed so far.</summary>
    public long InflatedBytes { get; set; }

    /// <summary>Pickle opcodes read so far.</summary>
    public long Opcodes { get; set; }

    /// <summary>Adds a finding; one rule fires once at one place.</summary>
    public void Add(ScanRule rule, string path, long? offset, string message)
    {
        bool decides = rule.Verdict > Verdict;
        if (decides)
            Verdict = rule.Verdict;
        if (_findings.Count >= Limits.MaxFindings)
        {
            Dropped++;
            // What decides is told, however many others came before it.
            if (decides)
                _findings[^1] = new ScanFinding(rule, path, offset, message);
        }
        else if (_seen.Add((rule.Id, path, offset)))
            _findings.Add(new ScanFinding(rule, path, offset, message));
    }

    /// <summary>Counts a member of a container; false when there were too many.</summary>
    /// <param name="depth">Containers around its container.</param>
    public bool TryTakeMember(int depth) => ++_members <= Limits.MaxMembers && (depth == 0 || ++_nestedMembers <= Limits.MaxNestedMembers);

    /// <summary>Scans a member of a container by what it is; the caller has checked <see cref="ScanLimits.MaxDepth"/>.</summary>
    /// <param name="content">The member's bytes, decompressed.</param>
    /// <param name="path">The member's path: its container's, <c>!</c>, and its name.</param>
    /// <param name="depth">Containers around it.</param>
    /// <param name="cancellationToken">Stops the scan.</param>
    public Task ScanContentAsync(IObjectReader content, string path, int depth, CancellationToken cancellationToken) =>
        scanContent(content, path, depth, this, cancellationToken);
}
