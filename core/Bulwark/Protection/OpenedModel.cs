using System.Globalization;
using System.Security.Cryptography;
using Bulwark.Audit;
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
    private readonly ProtectionServices _services;
    private readonly IObjectReader _reader;
    private readonly ModelDecryptor _decryptor;

    internal OpenedModel(
        ProtectionServices services,
        ProtectedNames names,
        IObjectReader reader,
        ModelDecryptor decryptor,
        VerifiedFile signed,
        VerifiedFile? postQuantum,
        IReadOnlyDictionary<string, byte[]> claims)
    {
        _services = services;
        Names = names;
        _reader = reader;
        _decryptor = decryptor;
        Signature = signed;
        PostQuantumSignature = postQuantum;
        Claims = claims;
    }

    /// <summary>The objects it consists of.</summary>
    public ProtectedNames Names { get; }

    /// <summary>What the signature says: name, digests, and who signed.</summary>
    public VerifiedFile Signature { get; }

    /// <summary>The same for the second signature; null when the model has none.</summary>
    public VerifiedFile? PostQuantumSignature { get; }

    /// <summary>Verified claims: UTF-8 JSON predicate by type (<see cref="ClaimTypes"/>).</summary>
    public IReadOnlyDictionary<string, byte[]> Claims { get; }

    /// <summary>Length of the model in bytes.</summary>
    public long Length => _decryptor.Length;

    /// <summary>Decrypts every segment and compares the digest of the whole with the signed one; no plaintext leaves the process.</summary>
    /// <exception cref="EncryptionException">A segment was refused (BW1905).</exception>
    /// <exception cref="ProtectionException">The digest differs (BW2003).</exception>
    public Task VerifyBodyAsync(IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken) => RefusalsRecordedAsync(
        ReadAllAsync(static (_, _) => ValueTask.CompletedTask, StageProgress.Of(progress, "verify", Length), cancellationToken), cancellationToken);

    /// <summary>Decrypts the whole model into a new object, and commits it only when the digest of the whole is the signed one.</summary>
    /// <exception cref="EncryptionException">A segment was refused (BW1905); nothing was published.</exception>
    /// <exception cref="ProtectionException">The digest differs (BW2003); nothing was published.</exception>
    /// <exception cref="AuditException">The audit log cannot take the entry; nothing was published.</exception>
    public async Task<ObjectRef> CopyToAsync(IObjectWriter destination, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        await RefusalsRecordedAsync(ReadAllAsync(destination.WriteAsync, StageProgress.Of(progress, "open", Length), cancellationToken), cancellationToken);
        return await ReleaseAsync(destination, cancellationToken);
    }

    /// <summary>Decrypts a range, and commits it. Each segment is authenticated; the digest of the whole cannot be compared.</summary>
    /// <exception cref="EncryptionException">A segment was refused (BW1905), or the range is outside the model (BW1916).</exception>
    /// <exception cref="AuditException">The audit log cannot take the entry; nothing was published.</exception>
    public async Task<ObjectRef> CopyRangeToAsync(long offset, long length, IObjectWriter destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        await RefusalsRecordedAsync(
            _decryptor.DecryptRangeAsync(offset, length, destination.WriteAsync, progress: null, cancellationToken), cancellationToken);
        return await ReleaseAsync(destination, cancellationToken);
    }

    /// <summary>
    /// Hands a part of the model, or all of it, to a receiver that cannot be made to give it back, such as a client of a service. The
    /// audit entry comes first; a refusal after it is another entry. Of the whole model the last bytes are held back until the digest is
    /// the signed one, so that nobody has all the bytes of a model that was refused.
    /// </summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes.</param>
    /// <param name="receiver">Who gets it, for the audit log; null for nobody known.</param>
    /// <param name="sink">Receives verified plaintext; the memory may be reused once its task completes.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="EncryptionException">A segment was refused (BW1905), or the range is outside the model (BW1916).</exception>
    /// <exception cref="ProtectionException">The digest differs (BW2003).</exception>
    /// <exception cref="AuditException">The audit log cannot take the entry; nothing was handed out.</exception>
    public async Task SendAsync(
        long offset, long length, string? receiver, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sink);
        if (offset < 0 || length < 0 || length > Length - offset)
            throw EncryptionException.OutOfRange(offset, length, Length);
        Dictionary<string, string> details = new() { ["range"] = string.Create(CultureInfo.InvariantCulture, $"{offset}:{length}") };
        if (receiver is not null)
            details["receiver"] = receiver;
        await _services.Audit.AppendAsync(
            Entry(_services, _reader.Source, "success", error: null) with
            {
                Digests = new Dictionary<string, string> { ["sha256"] = Convert.ToHexStringLower(Signature.Sha256.Span) },
                Details = details,
            },
            cancellationToken);
        if (offset > 0 || length < Length)
        {
            await RefusalsRecordedAsync(_decryptor.DecryptRangeAsync(offset, length, sink, progress: null, cancellationToken), cancellationToken);
            return;
        }

        HeldBack tail = new(sink);
        await RefusalsRecordedAsync(ReadAllAsync(tail.WriteAsync, progress: null, cancellationToken), cancellationToken);
        await tail.ReleaseAsync(cancellationToken);
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

    internal static AuditEntry Entry(ProtectionServices services, ObjectRef body, string outcome, BulwarkException? error) => new()
    {
        Actor = services.Actor,
        Action = "model.opened",
        Subject = new AuditSubject { Store = body.Store, Container = body.Container, Name = body.Name, Version = body.Version },
        Outcome = outcome,
        Details = error is null ? null : new Dictionary<string, string> { ["code"] = error.Code, ["reason"] = error.Message },
    };

    /// <summary>
    /// Gives verified plaintext its name. The entry comes first: nothing leaves without a record of it, also when the log is damaged or
    /// its disk full. What is left to fail after it is one rename.
    /// </summary>
    private async Task<ObjectRef> ReleaseAsync(IObjectWriter destination, CancellationToken cancellationToken)
    {
        await destination.FlushAsync(cancellationToken);
        await _services.Audit.AppendAsync(
            Entry(_services, _reader.Source, "success", error: null) with
            {
                Digests = new Dictionary<string, string> { ["sha256"] = Convert.ToHexStringLower(Signature.Sha256.Span) },
            },
            cancellationToken);
        return await destination.CommitAsync(CancellationToken.None);
    }

    private async Task RefusalsRecordedAsync(Task reading, CancellationToken cancellationToken)
    {
        try
        {
            await reading;
        }
        catch (BulwarkException error) when (error.Kind == ErrorKind.Refused)
        {
            await RefusalRecord.WriteAsync(_services.Audit, Entry(_services, _reader.Source, "refused", error), error, cancellationToken);
            throw;
        }
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
