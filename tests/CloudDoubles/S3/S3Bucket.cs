namespace Bulwark.CloudDoubles.S3;

/// <summary>A bucket in memory. Its owner locks it.</summary>
internal sealed class S3Bucket
{
    private long _versions;

    /// <summary>The objects, in the order of their names' bytes, each with its versions, the oldest first.</summary>
    public SortedDictionary<string, List<S3Version>> Objects { get; } = new(Utf8Order.Instance);

    /// <summary>The uploads that were begun and not ended, by id.</summary>
    public Dictionary<string, S3Upload> Uploads { get; } = [];

    /// <summary>Whether versions are kept.</summary>
    public bool Versioned { get; set; }

    /// <summary>The present version; null for none, or for a delete marker.</summary>
    public S3Version? Present(string key) => Objects.TryGetValue(key, out List<S3Version>? versions) && versions[^1].Content is not null ? versions[^1] : null;

    /// <summary>A version by id, a delete marker among them.</summary>
    public S3Version? Find(string key, string id) => Objects.TryGetValue(key, out List<S3Version>? versions) ? versions.Find(v => v.Id == id) : null;

    /// <summary>Insists on what If-Match and If-None-Match ask.</summary>
    public void Require(string key, string? ifMatch, string? ifNoneMatch)
    {
        S3Version? present = Present(key);
        if (ifNoneMatch == "*" && present is not null)
            throw S3Error.PreconditionFailed();
        if (ifMatch is null)
            return;
        if (present is null)
            throw S3Error.NoSuchKey();
        if (ifMatch != "*" && ifMatch.Trim('"') != present.Content!.ETag)
            throw S3Error.PreconditionFailed();
    }

    /// <summary>Puts a version on top.</summary>
    public S3Version Put(string key, Func<string, S3Version> make)
    {
        S3Version version = make(Versioned ? $"v{++_versions:x8}" : "null");
        if (!Versioned || !Objects.TryGetValue(key, out List<S3Version>? versions))
            Objects[key] = versions = [];
        versions.Add(version);
        return version;
    }

    /// <summary>Removes a version for good.</summary>
    public void Remove(string key, string id, DateTimeOffset now)
    {
        if (!Objects.TryGetValue(key, out List<S3Version>? versions))
            return;
        if (versions.Exists(v => v.Id == id && v.LockedUntil > now))
            throw new S3Error(403, "AccessDenied", "Access Denied because object protected by object lock.");
        versions.RemoveAll(v => v.Id == id);
        if (versions.Count == 0)
            Objects.Remove(key);
    }
}
