namespace Bulwark.Storage;

/// <summary>When a write may become visible.</summary>
public readonly record struct WriteCondition
{
    private WriteCondition(bool mustNotExist, string? mustMatch)
    {
        MustNotExist = mustNotExist;
        MustMatch = mustMatch;
    }

    /// <summary>Whatever is there is replaced.</summary>
    public static WriteCondition Any => default;

    /// <summary>Only when there is no object of that name (If-None-Match: *).</summary>
    public static WriteCondition IfAbsent => new(true, null);

    /// <summary>True for <see cref="IfAbsent"/>.</summary>
    public bool MustNotExist { get; }

    /// <summary>The version the present object must have, or null.</summary>
    public string? MustMatch { get; }

    /// <summary>Only when the present object has this version (If-Match).</summary>
    public static WriteCondition IfVersion(string version) => new(false, version);
}
