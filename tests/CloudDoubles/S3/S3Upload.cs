namespace Bulwark.CloudDoubles.S3;

/// <summary>A multipart upload that was begun.</summary>
internal sealed record S3Upload(
    string Id, string Key, IReadOnlyDictionary<string, string> Metadata, string Tags, DateTimeOffset? LockedUntil, DateTimeOffset Begun)
{
    /// <summary>The parts so far.</summary>
    public SortedDictionary<int, S3Content> Parts { get; } = [];
}
