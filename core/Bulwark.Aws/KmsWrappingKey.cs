using System.Security.Cryptography;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Bulwark.Keys;

namespace Bulwark.Aws;

/// <summary>
/// A symmetric key in AWS KMS that wraps data keys. What it wraps, every Tink library unwraps with <c>AwsKmsAead</c> under the same
/// URI, and the other way round.
/// </summary>
/// <remarks>
/// <code>
/// wrapped              the CiphertextBlob of kms:Encrypt, nothing added
/// encryption context   { "associatedData": lower-case hex of the associated data }; none when that is empty
/// Decrypt              always names the key, so that another key's ciphertext is refused; the answer must name it too
/// </code>
/// The associated data stands in CloudTrail, readable, and a policy can demand it by <c>kms:EncryptionContext:associatedData</c>.
/// Source: github.com/tink-crypto/tink-java-awskms, AwsKmsAead.java. Needs kms:Encrypt to wrap and kms:Decrypt to unwrap. The SDK's
/// own buffers of a secret are zeroed as far as they can be reached; the base64 text it sends cannot. Safe for concurrent use.
/// </remarks>
public sealed class KmsWrappingKey : IWrappingKey
{
    /// <summary>The largest secret that can be wrapped, in bytes: KMS's own limit.</summary>
    public const int MaximumPlaintextLength = 4096;

    private const string ContextName = "associatedData";
    private const int MaximumCiphertextLength = 6144;

    private readonly IAmazonKeyManagementService _kms;
    private readonly KmsKeyName _key;

    /// <summary>Names a key; KMS is not asked yet.</summary>
    /// <param name="kms">The client; the caller owns it.</param>
    /// <param name="keyArn">The key's ARN, or <c>aws-kms://</c> and the ARN. An alias is refused: it can be pointed at another key.</param>
    /// <exception cref="KeyException">BW1201: not the ARN of a key.</exception>
    public KmsWrappingKey(IAmazonKeyManagementService kms, string keyArn)
    {
        ArgumentNullException.ThrowIfNull(kms);
        _kms = kms;
        _key = KmsKeyName.Parse(keyArn);
    }

    /// <inheritdoc />
    public string KeyUri => _key.Uri;

    /// <inheritdoc />
    /// <exception cref="KeyException">BW1201: the key is not for encryption. BW1204, BW1207 to BW1210.</exception>
    public async Task<byte[]> WrapAsync(ReadOnlyMemory<byte> plaintext, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plaintext.Length, MaximumPlaintextLength);
        byte[] copy = GC.AllocateUninitializedArray<byte>(plaintext.Length, pinned: true);
        try
        {
            plaintext.CopyTo(copy);
            using MemoryStream secret = new(copy, writable: false);
            EncryptRequest request = new() { KeyId = _key.Arn, Plaintext = secret, EncryptionContext = ContextOf(associatedData.Span) };
            EncryptResponse response = await KmsCall.MakeAsync(_key, "kms:Encrypt", token => _kms.EncryptAsync(request, token), cancellationToken);
            EnsureSameKey(response.KeyId);
            byte[] wrapped = response.CiphertextBlob?.ToArray() ?? [];
            return wrapped.Length is > 0 and <= MaximumCiphertextLength ? wrapped : throw KeyException.UnexpectedAnswer(KeyUri, $"a ciphertext of {wrapped.Length} bytes");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    /// <inheritdoc />
    /// <returns>The secret in a pinned array; the caller zeroes it.</returns>
    /// <exception cref="KeyException">BW1203: another key, other associated data, or an altered ciphertext. BW1201, BW1204, BW1207 to BW1210.</exception>
    public async Task<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken)
    {
        if (wrapped.Length is 0 or > MaximumCiphertextLength)
            throw KeyException.CannotUnwrap(KeyUri);
        using MemoryStream blob = new(wrapped.ToArray(), writable: false);
        DecryptRequest request = new() { KeyId = _key.Arn, CiphertextBlob = blob, EncryptionContext = ContextOf(associatedData.Span) };
        DecryptResponse response = await KmsCall.MakeAsync(_key, "kms:Decrypt", token => _kms.DecryptAsync(request, token), cancellationToken);
        using MemoryStream? secret = response.Plaintext;
        try
        {
            EnsureSameKey(response.KeyId);
            if (secret is null || secret.Length > MaximumPlaintextLength)
                throw KeyException.UnexpectedAnswer(KeyUri, "a decryption without a plaintext of at most 4096 bytes");
            byte[] plaintext = GC.AllocateUninitializedArray<byte>((int)secret.Length, pinned: true);
            secret.Position = 0;
            secret.ReadExactly(plaintext);
            return plaintext;
        }
        finally
        {
            if (secret is { CanWrite: true })
            {
                secret.Position = 0;
                secret.Write(new byte[secret.Length]);
            }
        }
    }

    private static Dictionary<string, string>? ContextOf(ReadOnlySpan<byte> associatedData) =>
        associatedData.IsEmpty ? null : new Dictionary<string, string>(StringComparer.Ordinal) { [ContextName] = Convert.ToHexStringLower(associatedData) };

    private void EnsureSameKey(string? keyId)
    {
        if (keyId != _key.Arn)
            throw KeyException.UnexpectedAnswer(KeyUri, $"it is from the key {keyId}");
    }
}
