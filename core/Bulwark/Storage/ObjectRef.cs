namespace Bulwark.Storage;

/// <summary>One version of one object in one store.</summary>
/// <param name="Store">The store's scheme: <c>file</c>, <c>s3</c>, <c>azblob</c>, <c>gs</c>, or <c>memory</c>.</param>
/// <param name="Container">Bucket, blob container, or folder.</param>
/// <param name="Name">Key inside the container, <c>/</c>-separated, never absolute, never with <c>..</c>.</param>
/// <param name="Version">Opaque version or entity tag that changes whenever the content may have changed.</param>
/// <param name="Size">Size in bytes.</param>
public sealed record ObjectRef(string Store, string Container, string Name, string Version, long Size)
{
    /// <inheritdoc />
    public override string ToString() => $"{Store}://{Container}/{Name}";
}
