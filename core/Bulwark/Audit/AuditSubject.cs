namespace Bulwark.Audit;

/// <summary>What an action was done to.</summary>
public sealed record AuditSubject
{
    /// <summary>The store's scheme, such as <c>s3</c>; null where the subject is no object.</summary>
    public string? Store { get; init; }

    /// <summary>Bucket, blob container or folder.</summary>
    public string? Container { get; init; }

    /// <summary>Key inside the container, or the name of the key, policy or identity.</summary>
    public required string Name { get; init; }

    /// <summary>Version or entity tag.</summary>
    public string? Version { get; init; }
}
