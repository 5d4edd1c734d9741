namespace Bulwark.Aws.Buckets;

/// <summary>The present version of an object.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="WriteId">The id of the write that made it, when that was one of ours; else null.</param>
internal sealed record PresentObject(S3Version Version, long Size, string? WriteId);
