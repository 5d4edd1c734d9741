using System.Security.Cryptography;
using Bulwark.Encryption;
using Bulwark.Signing;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>
/// A protected model whose signature, claims, envelope and key commitment verified. Its body is authenticated as it is read;
/// only <see cref="CopyToAsync"/> and <see cref="VerifyBodyAsync"/> also compare the digest of the whole.
/// </summary>
public sealed class OpenedModel : IAsyncDisposable
{
    private readonly IObjectReader _reader;
    private readonly ModelDecryptor _decryptor;

    internal OpenedModel(
        ProtectedNames names, IObjectReader reader, ModelDecryptor decryptor, VerifiedFile signed, IReadOnlyDictionary<string, byte[]> claims)
    {
        Names = names;
        _reader = reader;
        _decryptor = decryptor;
        Signature = signed;
        Claims = claims;
    }

    /// <summary>The objects it consists of.</summary>
    public ProtectedNames Names { get; }

    /// <summary>What the signature says: name, digests, and who signed.</summary>
    public VerifiedFile Signature { get; }

    /// <summary>Verified claims: UTF-8 JSON predicate by type (<see cref="ClaimTypes"/>).</summary>
    public IReadOnlyDictionary<string, byte[]> Claims { get; }

    /// <summary>Length of the model in bytes.</summary>
    public long Length => _decryptor.Length;

    /// <summary>Decrypts every segment and compares the digest of the whole with the signed one; no plaintext leaves the process.</summary>
    /// <exception cref="EncryptionException">A segment was refused (BW1905).</exception>
    /// <exception cref="ProtectionException">The digest differs (BW2003).</exception>
    public Task VerifyBodyAsync(IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken) =>
        ReadAllAsync(static (_, _) => ValueTask.CompletedTask, StageProgress.Of(progress, "verify", Length), cancellationToken);

    /// <summary>Decrypts the whole model into a new object, and commits it only when the digest of the whole is the signed one.</summary>
    /// <exception cref="EncryptionException">A segment was refused (BW1905); nothing was published.</exception>
    /// <exception cref="ProtectionException">The digest differs (BW2003); nothing was published.</exception>
    public async Task<ObjectRef> CopyToAsync(IObjectWriter destination, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        await ReadAllAsync(destination.WriteAsync, StageProgress.Of(progress, "open", Length), cancellationToken);
        return await destination.CommitAsync(cancellationToken);
    }

    /// <summary>Decrypts a range, and commits it. Each segment is authenticated; the digest of the whole cannot be compared.</summary>
    /// <exception cref="EncryptionException">A segment was refused (BW1905), or the range is outside the model (BW1916).</exception>
    public async Task<ObjectRef> CopyRangeToAsync(long offset, long length, IObjectWriter destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        await _decryptor.DecryptRangeAsync(offset, length, destination.WriteAsync, progress: null, cancellationToken);
        return await destination.CommitAsync(cancellationToken);
    }

    /// <summary>Reads a range of the model; a range of up to a segment's length touches at most two segments.</summary>
    /// <exception cref="EncryptionException">A segment was refused (BW1905), or the range is outside the model (BW1916).</exception>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        _decryptor.ReadAsync(offset, buffer, cancellationToken);

    /// <summary>Zeroes the key and closes the body.</summary>
    public ValueTask DisposeAsync()
    {
        _decryptor.Dispose();
        return _reader.DisposeAsync();
    }

    private async Task ReadAllAsync(
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await _decryptor.DecryptAsync(
            (plaintext, token) =>
            {
                digest.AppendData(plaintext.Span);
                return sink(plaintext, token);
            },
            checkDigest: false,
            progress,
            cancellationToken);
        if (!CryptographicOperations.FixedTimeEquals(digest.GetHashAndReset(), Signature.Sha256.Span))
            throw ProtectionException.DigestMismatch(Names.Body);
    }
}
