using System.Security.Cryptography;
using Bulwark.Keys;

namespace Bulwark.Encryption;

/// <summary>A Tink AES-GCM-HKDF streaming key: a key value from which every body's AES key is derived.</summary>
/// <remarks>
/// <code>
/// AesGcmHkdfStreamingKey     1 version uint32 = 0   2 params   3 key_value bytes (at least the derived key size)
/// AesGcmHkdfStreamingParams  1 ciphertext_segment_size uint32  2 derived_key_size uint32  3 hkdf_hash_type
/// HashType                   1 SHA1   2 SHA384   3 SHA256   4 SHA512   (SHA384 is refused, as Tink refuses it)
/// DerivedKey = HKDF-hash(ikm = key_value, salt = the header's salt, info = associated data, length = derived_key_size)
/// </code>
/// Source: github.com/tink-crypto/tink-java, proto/aes_gcm_hkdf_streaming.proto, AesGcmHkdfStreamingKeyManager; RFC 5869.
/// </remarks>
public sealed class StreamingAeadKey : IDisposable
{
    internal const string TypeUrl = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey";

    private const int MaximumKeyValueLength = 1024;
    private readonly SecretBytes _value;

    private StreamingAeadKey(StreamingAeadParameters parameters, SecretBytes value)
    {
        Parameters = parameters;
        _value = value;
    }

    /// <summary>Derived key size, segment size and hash.</summary>
    public StreamingAeadParameters Parameters { get; }

    /// <summary>Makes a key of the template AES256_GCM_HKDF_1MB from the operating system's random generator.</summary>
    public static StreamingAeadKey Generate() => Generate(StreamingAeadParameters.Aes256GcmHkdf1MB);

    /// <summary>Makes a key whose value is as long as its derived keys.</summary>
    /// <exception cref="EncryptionException">BW1913.</exception>
    public static StreamingAeadKey Generate(StreamingAeadParameters parameters)
    {
        parameters.Validate();
        return new StreamingAeadKey(parameters, SecretBytes.Random(parameters.DerivedKeySize));
    }

    /// <summary>Takes a key value that exists already; it is copied.</summary>
    /// <exception cref="EncryptionException">BW1913: parameters Tink refuses, or a value shorter than the derived keys.</exception>
    public static StreamingAeadKey Create(StreamingAeadParameters parameters, ReadOnlySpan<byte> keyValue)
    {
        parameters.Validate();
        if (keyValue.Length < parameters.DerivedKeySize || keyValue.Length > MaximumKeyValueLength)
            throw EncryptionException.BadParameters($"the key value has {keyValue.Length} bytes; {parameters.DerivedKeySize} to {MaximumKeyValueLength} are allowed");
        return new StreamingAeadKey(parameters, new SecretBytes(keyValue));
    }

    /// <summary>Zeroes the key value.</summary>
    public void Dispose() => _value.Dispose();

    /// <summary>Reads the serialised protocol buffer inside a keyset.</summary>
    internal static StreamingAeadKey Parse(ReadOnlySpan<byte> message, string what)
    {
        ReadOnlySpan<byte> parameters = default, value = default;
        uint version = 0, segmentSize = 0, derivedKeySize = 0, hash = 0;
        ProtoReader reader = new(message, what);
        while (reader.Next())
        {
            if (reader.Field == 1)
                version = reader.UInt32();
            else if (reader.Field == 2)
                parameters = reader.Bytes();
            else if (reader.Field == 3)
                value = reader.Bytes();
            else
                reader.Skip();
        }

        if (version != 0)
            throw KeyException.Malformed(what, $"a key has the unknown version {version}");
        ProtoReader inner = new(parameters, what);
        while (inner.Next())
        {
            if (inner.Field == 1)
                segmentSize = inner.UInt32();
            else if (inner.Field == 2)
                derivedKeySize = inner.UInt32();
            else if (inner.Field == 3)
                hash = inner.UInt32();
            else
                inner.Skip();
        }

        HashAlgorithmName name = hash switch
        {
            1 => HashAlgorithmName.SHA1,
            3 => HashAlgorithmName.SHA256,
            4 => HashAlgorithmName.SHA512,
            _ => throw EncryptionException.BadParameters($"the HKDF hash type {hash} is not SHA-1, SHA-256 or SHA-512"),
        };
        if (segmentSize > int.MaxValue)
            throw EncryptionException.BadParameters($"the segment size {segmentSize} is more than {int.MaxValue}");
        return Create(new StreamingAeadParameters((int)Math.Min(derivedKeySize, int.MaxValue), (int)segmentSize, name), value);
    }

    /// <summary>Writes the protocol buffer for a keyset.</summary>
    internal SecretBytes Serialize()
    {
        uint hash = Parameters.Hash == HashAlgorithmName.SHA1 ? 1u : Parameters.Hash == HashAlgorithmName.SHA256 ? 3u : 4u;
        int inner = ProtoWriter.UInt32Size((uint)Parameters.SegmentSize) + ProtoWriter.UInt32Size((uint)Parameters.DerivedKeySize) + ProtoWriter.UInt32Size(hash);
        SecretBytes bytes = new(ProtoWriter.BytesSize(inner) + ProtoWriter.BytesSize(_value.Length));
        ProtoWriter writer = new(bytes.Span);
        ProtoWriter parameters = new(writer.Reserve(2, inner));
        parameters.UInt32(1, (uint)Parameters.SegmentSize);
        parameters.UInt32(2, (uint)Parameters.DerivedKeySize);
        parameters.UInt32(3, hash);
        writer.Bytes(3, _value.Span);
        return bytes;
    }

    /// <summary>Derives a body's AES key.</summary>
    internal SecretBytes Derive(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> associatedData)
    {
        SecretBytes derived = new(Parameters.DerivedKeySize);
        HKDF.DeriveKey(Parameters.Hash, _value.Span, derived.Span, salt, associatedData);
        return derived;
    }

    /// <summary>
    /// The key commitment: HMAC-SHA-256(key_value, "bulwark key commitment v1" | header | associated data). AES-GCM alone does not
    /// tie a ciphertext to one key; this does, because two keys with one commitment would be a collision of HMAC-SHA-256.
    /// </summary>
    internal byte[] Commit(ReadOnlySpan<byte> header, ReadOnlySpan<byte> associatedData)
    {
        byte[] message = [.. "bulwark key commitment v1"u8, .. header, .. associatedData];
        return HMACSHA256.HashData(_value.Span, message);
    }
}
