namespace Bulwark.Scanning;

/// <summary>What a scan may spend on one file, whatever the file says.</summary>
public sealed record ScanLimits
{
    /// <summary>Containers inside containers.</summary>
    public int MaxDepth { get; init; } = 5;

    /// <summary>Members looked into, over all depths.</summary>
    public int MaxMembers { get; init; } = 100_000;

    /// <summary>Members of containers inside containers: a small file can hold the same archive again and again.</summary>
    public int MaxNestedMembers { get; init; } = 10_000;

    /// <summary>Bytes decompressed, over all members.</summary>
    public long MaxInflatedBytes { get; init; } = 16L << 30;

    /// <summary>The highest ratio of decompressed to compressed bytes of one member before it counts as a bomb, once past 96 MiB.</summary>
    public int MaxInflationRatio { get; init; } = 250;

    /// <summary>The largest compressed member that is held in memory to be read at random; a larger one is only read front to back.</summary>
    public int MaxHeldBytes { get; init; } = 32 << 20;

    /// <summary>Findings kept for one file; more are counted.</summary>
    public int MaxFindings { get; init; } = 1000;

    /// <summary>Pickle opcodes in one file.</summary>
    public long MaxOpcodes { get; init; } = 2_000_000_000;
}
