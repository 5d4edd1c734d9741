namespace Bulwark.Aws.Buckets;

/// <summary>
/// What <see cref="Storage.ObjectRef.Version"/> means in S3. Conditional writes go by the entity tag, pinned reads by the version id,
/// so a version is both.
/// <code>
/// bucket                    version           example
/// with versions             ETAG@VERSIONID    6805f2cfc46c0f04559748bb039d69ae-3@L4kqtJlcpXroDTDmpUMLUo
/// without, or suspended     ETAG              6805f2cfc46c0f04559748bb039d69ae-3
/// listed                    ETAG              a listing has no version ids; it is as good for reading, replacing and deleting
/// </code>
/// An entity tag has no <c>@</c> and stands without its quotes. Without version ids, an object that was replaced by the very same
/// bytes counts as unchanged: nothing that was concluded from it is untrue. S3 has no condition on version ids, so the same goes for
/// conditional writes everywhere.
/// </summary>
/// <param name="ETag">The entity tag without quotes.</param>
/// <param name="Id">The version id, or null.</param>
internal readonly record struct S3Version(string ETag, string? Id)
{
    private const char Separator = '@';

    // The id of what is written while versions are off or suspended; the next write has the same.
    private const string NoVersion = "null";

    /// <summary>The entity tag as a header has it.</summary>
    public string QuotedETag => $"\"{ETag}\"";

    /// <summary>Makes one from what the service says.</summary>
    public static S3Version Of(string eTag, string? versionId) => new(eTag.Trim('"'), versionId is null or "" or NoVersion ? null : versionId);

    /// <summary>Reads one from an object reference.</summary>
    public static S3Version Parse(string version)
    {
        int at = version.IndexOf(Separator, StringComparison.Ordinal);
        return at < 0 ? new S3Version(version, null) : new S3Version(version[..at], version[(at + 1)..]);
    }

    /// <summary>Whether the two can be the same version; a missing id is no difference.</summary>
    public bool Matches(S3Version other) => ETag == other.ETag && (Id is null || other.Id is null || Id == other.Id);

    /// <inheritdoc />
    public override string ToString() => Id is null ? ETag : $"{ETag}{Separator}{Id}";
}
