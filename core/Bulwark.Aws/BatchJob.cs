namespace Bulwark.Aws;

/// <summary>A job for AWS Batch: what to run, with which settings, for how long.</summary>
public sealed record BatchJob
{
    /// <summary>Names the job for people: 1 to 128 letters, digits, hyphens and underscores, the first a letter or digit.</summary>
    public required string Name { get; init; }

    /// <summary>The queue, by name or ARN.</summary>
    public required string Queue { get; init; }

    /// <summary>The job definition, by name, name:revision, or ARN.</summary>
    public required string Definition { get; init; }

    /// <summary>Environment variables of the container, over those of the definition. Names that begin with <c>AWS_BATCH</c> are Batch's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Values for the placeholders of the definition's command.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>When an attempt is ended, at least 60 seconds; null for the definition's own.</summary>
    public TimeSpan? Timeout { get; init; }
}
