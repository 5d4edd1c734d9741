using System.Security.Cryptography;
using Bulwark.Keys;

namespace Bulwark.Encryption;

/// <summary>
/// A Tink keyset of AES-GCM-HKDF streaming keys: what a sidecar carries, wrapped, and what any Tink library takes to decrypt a body.
/// The primary key encrypts; every enabled key decrypts.
/// </summary>
public sealed class StreamingKeyset : IDisposable
{
    /// <summary>The largest binary keyset that can be wrapped, in bytes: what a KMS takes.</summary>
    public const int MaximumWrappedPlaintext = 4096;

    private const string What = "The streaming keyset";
    private readonly TinkKeyset _keyset;
    private readonly StreamingAeadKey[] _keys;

    private StreamingKeyset(TinkKeyset keyset, StreamingAeadKey[] keys, StreamingAeadKey primary)
    {
        _keyset = keyset;
        _keys = keys;
        Primary = primary;
    }

    /// <summary>The key that encrypts. Owned by this keyset.</summary>
    public StreamingAeadKey Primary { get; }

    /// <summary>Every enabled key, the primary one first. Owned by this keyset.</summary>
    public IReadOnlyList<StreamingAeadKey> Keys => _keys;

    /// <summary>Makes a keyset with one fresh key of the template AES256_GCM_HKDF_1MB.</summary>
    public static StreamingKeyset Generate() => Generate(StreamingAeadParameters.Aes256GcmHkdf1MB);

    /// <summary>Makes a keyset with one fresh key.</summary>
    /// <exception cref="EncryptionException">BW1913.</exception>
    public static StreamingKeyset Generate(StreamingAeadParameters parameters)
    {
        using StreamingAeadKey key = StreamingAeadKey.Generate(parameters);
        uint id = TinkKeyset.NewKeyId([]);
        return From(TinkKeyset.Create(id, [new TinkKey(StreamingAeadKey.TypeUrl, key.Serialize(), TinkKeyStatus.Enabled, id, TinkOutputPrefix.Raw)], What));
    }

    /// <summary>Reads a cleartext keyset in Tink's JSON form.</summary>
    /// <exception cref="KeyException">BW1201: not a keyset, or one of another kind.</exception>
    /// <exception cref="EncryptionException">BW1913: parameters Tink refuses.</exception>
    public static StreamingKeyset ParseJson(ReadOnlySpan<byte> utf8) => From(TinkKeysetJson.Parse(utf8, What));

    /// <summary>Reads a cleartext keyset in Tink's binary form.</summary>
    /// <exception cref="KeyException">BW1201: not a keyset, or one of another kind.</exception>
    /// <exception cref="EncryptionException">BW1913: parameters Tink refuses.</exception>
    public static StreamingKeyset ParseBinary(ReadOnlySpan<byte> bytes) => From(TinkKeyset.ParseBinary(bytes, What));

    /// <summary>Unwraps a keyset.</summary>
    /// <param name="wrapped">Tink's EncryptedKeyset.</param>
    /// <param name="key">The key it was wrapped with.</param>
    /// <param name="associatedData">The associated data it was wrapped with.</param>
    /// <param name="cancellationToken">Cancels the call to the key service.</param>
    /// <exception cref="KeyException">BW1203: another key, other associated data, or altered bytes. BW1201: not a streaming keyset.</exception>
    public static async Task<StreamingKeyset> UnwrapAsync(
        EncryptedKeyset wrapped, IWrappingKey key, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken)
    {
        byte[] binary = await key.UnwrapAsync(wrapped.Ciphertext, associatedData, cancellationToken);
        try
        {
            return ParseBinary(binary);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(binary);
        }
    }

    /// <summary>Unwraps a keyset from Tink's EncryptedKeyset JSON.</summary>
    /// <exception cref="EncryptionException">BW1910: not such JSON.</exception>
    /// <exception cref="KeyException">BW1203: another key, other associated data, or altered bytes. BW1201: not a streaming keyset.</exception>
    public static Task<StreamingKeyset> UnwrapJsonAsync(
        ReadOnlyMemory<byte> encryptedKeysetJson, IWrappingKey key, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken) =>
        UnwrapAsync(EncryptedKeyset.Parse(encryptedKeysetJson.Span), key, associatedData, cancellationToken);

    /// <summary>Wraps this keyset, as Tink's <c>KeysetHandle.writeWithAssociatedData</c> does.</summary>
    /// <exception cref="KeyException">What the wrapping key throws.</exception>
    public async Task<EncryptedKeyset> WrapAsync(IWrappingKey key, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken)
    {
        using SecretBytes binary = _keyset.ToBinary();
        if (binary.Length > MaximumWrappedPlaintext)
            throw EncryptionException.BadParameters($"the keyset has {binary.Length} bytes, and key services wrap at most {MaximumWrappedPlaintext}");
        byte[] wrapped = await key.WrapAsync(binary.Memory, associatedData, cancellationToken);
        return new EncryptedKeyset(
            wrapped,
            new KeysetInfo(
                _keyset.PrimaryId,
                [.. _keyset.Keys.Select(k => new KeysetKeyInfo(k.TypeUrl, TinkKeysetJson.NameOf(k.Status), k.Id, TinkKeysetJson.NameOf(k.Prefix)))]));
    }

    /// <summary>Writes Tink's cleartext JSON form into a pinned array; the caller zeroes it.</summary>
    public byte[] ToJson() => TinkKeysetJson.Write(_keyset);

    /// <summary>Writes Tink's cleartext binary form (at most 131 bytes for one AES256_GCM_HKDF_1MB key, so that one RSA-2048 OAEP block holds it); the caller disposes it.</summary>
    public SecretBytes ToBinary() => _keyset.ToBinary();

    /// <summary>Zeroes every key.</summary>
    public void Dispose()
    {
        foreach (StreamingAeadKey key in _keys)
            key.Dispose();
        _keyset.Dispose();
    }

    private static StreamingKeyset From(TinkKeyset keyset)
    {
        List<StreamingAeadKey> keys = [];
        StreamingAeadKey? primary = null;
        try
        {
            foreach (TinkKey key in keyset.Keys.Where(k => k.Status != TinkKeyStatus.Destroyed))
            {
                if (key.TypeUrl != StreamingAeadKey.TypeUrl)
                    throw KeyException.Malformed(What, $"key {key.Id} is of type '{key.TypeUrl}', not AES-GCM-HKDF streaming");
                StreamingAeadKey parsed = StreamingAeadKey.Parse(key.Value.Span, What);
                if (key.Status != TinkKeyStatus.Enabled)
                {
                    parsed.Dispose();
                }
                else if (key.Id == keyset.PrimaryId)
                {
                    primary = parsed;
                    keys.Insert(0, parsed);
                }
                else
                {
                    keys.Add(parsed);
                }
            }

            return new StreamingKeyset(keyset, [.. keys], primary!);
        }
        catch
        {
            keys.ForEach(k => k.Dispose());
            keyset.Dispose();
            throw;
        }
    }
}
