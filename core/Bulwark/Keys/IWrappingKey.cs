namespace Bulwark.Keys;

/// <summary>A key-encryption key behind a KMS: wraps small secrets (at most 4 KiB) with associated data.</summary>
public interface IWrappingKey
{
    /// <summary>Names the key for the sidecar: <c>aws-kms://…</c>, <c>gcp-kms://…</c>, an Azure vault URL, or <c>local://…</c>.</summary>
    string KeyUri { get; }

    /// <summary>
    /// Whether what was wrapped under the name <paramref name="keyUri"/> can be unwrapped here. A key that was rotated still opens
    /// what its older versions wrapped.
    /// </summary>
    bool Opens(string keyUri) => keyUri == KeyUri;

    /// <summary>Encrypts <paramref name="plaintext"/>, bound to <paramref name="associatedData"/>.</summary>
    Task<byte[]> WrapAsync(ReadOnlyMemory<byte> plaintext, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken);

    /// <summary>Decrypts. Throws <see cref="KeyException"/> BW1203 when the key or the associated data is not the right one.</summary>
    Task<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken);
}
