namespace Bulwark.Functions.Aws.Events;

/// <summary>Versions of objects as the S3 store writes them: <c>ETAG@VERSIONID</c>, or <c>ETAG</c> in a bucket without versions.</summary>
internal static class S3Versions
{
    /// <summary>The version that an event names; null when it does not say.</summary>
    public static string? Of(string? etag, string? versionId) => (etag?.Trim('"'), versionId) switch
    {
        (null or "", _) => null,
        ({ } tag, null or "") => tag,
        ({ } tag, { } id) => $"{tag}@{id}",
    };

    /// <summary>
    /// Whether an event's version is the one that is there. An event may leave the version's id out; then the entity tag decides, which
    /// differs wherever the bytes do.
    /// </summary>
    public static bool IsSame(string named, string present) =>
        named == present || (!named.Contains('@', StringComparison.Ordinal) && present.StartsWith(named + "@", StringComparison.Ordinal));
}
