namespace Bulwark.State;

/// <summary>The right to do one piece of work, until its lease ends and somebody else claims it.</summary>
public sealed record IdempotencyClaim
{
    internal IdempotencyClaim(string key, string owner, long version, DateTimeOffset leaseEnds)
    {
        Key = key;
        Owner = owner;
        Version = version;
        LeaseEnds = leaseEnds;
    }

    /// <summary>What was claimed.</summary>
    public string Key { get; }

    /// <summary>After this moment another worker may take over.</summary>
    public DateTimeOffset LeaseEnds { get; }

    /// <summary>A random name of this worker.</summary>
    internal string Owner { get; }

    /// <summary>Version of the record that holds this claim; it fences off every later one.</summary>
    internal long Version { get; }
}
