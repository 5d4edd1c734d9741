namespace Bulwark.CloudDoubles.S3;

/// <summary>One version of an object, or a delete marker.</summary>
/// <param name="Id">Version id, <c>null</c> (the word) in a bucket without versions.</param>
/// <param name="Content">The bytes; null for a delete marker.</param>
/// <param name="Metadata">Headers to answer: <c>x-amz-meta-*</c>, content type, encryption, lock.</param>
/// <param name="Checksum">Base64 CRC-32 of the whole object.</param>
/// <param name="Modified">When it came.</param>
/// <param name="Tags">Its tags, as a query string.</param>
/// <param name="LockedUntil">Until when it is locked; null for not.</param>
internal sealed record S3Version(
    string Id, S3Content? Content, IReadOnlyDictionary<string, string> Metadata, string Checksum, DateTimeOffset Modified, string Tags, DateTimeOffset? LockedUntil);
