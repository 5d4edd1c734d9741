namespace Bulwark.Functions.Aws.Events;

/// <summary>Compares versions of objects in the S3 store's form: <c>ETAG@VERSIONID</c>, or <c>ETAG</c> where there is no id.</summary>
internal static class S3Versions
{
    private const char Separator = '@';

    /// <summary>
    /// Whether an event's version is the one that is there. Where either leaves the version's id out, the entity tag decides, which
    /// differs wherever the bytes do; the store goes by the same rule.
    /// </summary>
    public static bool IsSame(string named, string present)
    {
        bool hasIds = named.Contains(Separator, StringComparison.Ordinal) && present.Contains(Separator, StringComparison.Ordinal);
        return hasIds ? named == present : named.Split(Separator)[0] == present.Split(Separator)[0];
    }
}
