using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Bulwark.Keys;

/// <summary>
/// A key-encryption key held in a cleartext Tink AES-GCM keyset: the embedded default, and what <c>tinkey</c> and every Tink library
/// read as an <c>Aead</c>. The primary key wraps; every enabled key unwraps, so a rotation loses nothing.
/// </summary>
/// <remarks>
/// <code>
/// TINK              0x01 | key number (4, big-endian) | IV (12, random) | ciphertext | tag (16)
/// CRUNCHY, LEGACY   0x00 | key number (4, big-endian) | IV (12, random) | ciphertext | tag (16)
/// RAW                                                   IV (12, random) | ciphertext | tag (16)
/// key               AesGcmKey { 1 version uint32 = 0, 3 key_value bytes (16 or 32) }
/// </code>
/// Associated data is AES-GCM's. Source: github.com/tink-crypto/tink-java, InsecureNonceAesGcmJce, OutputPrefixUtil and aes_gcm.proto.
/// Safe for concurrent use.
/// </remarks>
public sealed class KeysetWrappingKey : IWrappingKey, IDisposable
{
    /// <summary>The largest secret that can be wrapped, in bytes.</summary>
    public const int MaximumPlaintextLength = 4096;

    /// <summary>The name a keyset gets when the caller gives none; <see cref="KeyUri"/> appends the primary key's number.</summary>
    public const string DefaultName = "local://kek";

    private const string TypeUrl = "type.googleapis.com/google.crypto.tink.AesGcmKey";
    private const string What = "The key-encryption keyset";
    private const int PrefixLength = 5;
    private const int IvLength = 12;
    private const int TagLength = 16;
    private const int GeneratedKeyLength = 32;

    private readonly string _name;
    private readonly Entry[] _keys;
    private readonly Entry _primary;

    private KeysetWrappingKey(string name, Entry[] keys, Entry primary)
    {
        _name = name;
        _keys = keys;
        _primary = primary;
        KeyUri = UriOf(primary.Id);
    }

    /// <inheritdoc />
    public string KeyUri { get; }

    /// <summary>The names of every key that can unwrap, the primary one first.</summary>
    public IReadOnlyList<string> KeyUris => [KeyUri, .. _keys.Where(k => k != _primary).Select(k => UriOf(k.Id))];

    /// <summary>Reads a cleartext Tink AES-GCM keyset.</summary>
    /// <param name="keysetJson">The keyset's JSON; the caller zeroes it afterwards.</param>
    /// <param name="name">What <see cref="KeyUri"/> starts with; the primary key's number follows after a slash.</param>
    /// <exception cref="KeyException">BW1201: not JSON, another kind of key, or a keyset without an enabled primary key.</exception>
    public static KeysetWrappingKey Parse(ReadOnlySpan<byte> keysetJson, string name = DefaultName)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        using TinkKeyset keyset = TinkKeysetJson.Parse(keysetJson, What);
        List<Entry> keys = [];
        try
        {
            // Every key is checked, but only enabled ones are kept.
            foreach (TinkKey key in keyset.Keys.Where(k => k.Status != TinkKeyStatus.Destroyed))
            {
                SecretBytes value = ReadKeyValue(key);
                if (key.Status == TinkKeyStatus.Enabled)
                    keys.Add(new Entry(key.Id, key.Prefix, value));
                else
                    value.Dispose();
            }

            return new KeysetWrappingKey(name, [.. keys], keys.Single(k => k.Id == keyset.PrimaryId));
        }
        catch
        {
            keys.ForEach(k => k.Value.Dispose());
            throw;
        }
    }

    /// <summary>Makes a keyset with one fresh 256-bit key.</summary>
    /// <returns>Its JSON in a pinned array; the caller zeroes it once it is stored.</returns>
    public static byte[] GenerateJson()
    {
        using TinkKeyset keyset = WithNewPrimary([]);
        return TinkKeysetJson.Write(keyset);
    }

    /// <summary>Adds a fresh 256-bit key and makes it primary. Every old key stays as it is, so what they wrapped can still be opened.</summary>
    /// <param name="keysetJson">The present keyset's JSON.</param>
    /// <returns>The new keyset's JSON in a pinned array; the caller zeroes it once it is stored.</returns>
    /// <exception cref="KeyException">BW1201: the present keyset is not usable.</exception>
    public static byte[] Rotate(ReadOnlySpan<byte> keysetJson)
    {
        Parse(keysetJson).Dispose();
        using TinkKeyset present = TinkKeysetJson.Parse(keysetJson, What);
        using TinkKeyset rotated = WithNewPrimary(present.Keys);
        return TinkKeysetJson.Write(rotated);
    }

    /// <inheritdoc />
    public bool Opens(string keyUri) => keyUri == _name || _keys.Any(k => UriOf(k.Id) == keyUri);

    /// <inheritdoc />
    public Task<byte[]> WrapAsync(ReadOnlyMemory<byte> plaintext, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plaintext.Length, MaximumPlaintextLength);
        int prefix = _primary.Prefix == TinkOutputPrefix.Raw ? 0 : PrefixLength;
        byte[] wrapped = new byte[prefix + IvLength + plaintext.Length + TagLength];
        _primary.WritePrefix(wrapped);
        Span<byte> iv = wrapped.AsSpan(prefix, IvLength);
        RandomNumberGenerator.Fill(iv);
        using AesGcm aes = new(_primary.Value.Span, TagLength);
        aes.Encrypt(iv, plaintext.Span, wrapped.AsSpan(prefix + IvLength, plaintext.Length), wrapped.AsSpan(^TagLength..), associatedData.Span);
        return Task.FromResult(wrapped);
    }

    /// <inheritdoc />
    /// <returns>The secret in a pinned array; the caller zeroes it.</returns>
    public Task<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (wrapped.Length <= MaximumPlaintextLength + PrefixLength + IvLength + TagLength)
        {
            // As Tink does: first the keys whose prefix is there, then those without a prefix.
            foreach (Entry key in _keys.Where(k => k.Prefix != TinkOutputPrefix.Raw && k.PrefixMatches(wrapped.Span)))
            {
                if (TryOpen(key, wrapped.Span[PrefixLength..], associatedData.Span) is { } plaintext)
                    return Task.FromResult(plaintext);
            }

            foreach (Entry key in _keys.Where(k => k.Prefix == TinkOutputPrefix.Raw))
            {
                if (TryOpen(key, wrapped.Span, associatedData.Span) is { } plaintext)
                    return Task.FromResult(plaintext);
            }
        }

        return Task.FromException<byte[]>(KeyException.CannotUnwrap(KeyUri));
    }

    /// <summary>Zeroes every key.</summary>
    public void Dispose()
    {
        foreach (Entry key in _keys)
            key.Value.Dispose();
    }

    private static byte[]? TryOpen(Entry key, ReadOnlySpan<byte> body, ReadOnlySpan<byte> associatedData)
    {
        int length = body.Length - IvLength - TagLength;
        if (length < 0)
            return null;
        byte[] plaintext = GC.AllocateArray<byte>(length, pinned: true);
        using AesGcm aes = new(key.Value.Span, TagLength);
        try
        {
            aes.Decrypt(body[..IvLength], body.Slice(IvLength, length), body[^TagLength..], plaintext, associatedData);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(plaintext);
            return null;
        }
    }

    private static SecretBytes ReadKeyValue(TinkKey key)
    {
        if (key.TypeUrl != TypeUrl)
            throw KeyException.Malformed(What, $"key {key.Id} is of type '{key.TypeUrl}', not AES-GCM");
        ReadOnlySpan<byte> value = default;
        uint version = 0;
        ProtoReader reader = new(key.Value.Span, What);
        while (reader.Next())
        {
            if (reader.Field == 1)
                version = reader.UInt32();
            else if (reader.Field == 3)
                value = reader.Bytes();
            else
                reader.Skip();
        }

        if (version != 0)
            throw KeyException.Malformed(What, $"key {key.Id} has the unknown version {version}");
        if (value.Length is not (16 or 32))
            throw KeyException.Malformed(What, $"key {key.Id} has {value.Length} bytes; AES-GCM takes 16 or 32");
        return new SecretBytes(value);
    }

    private static TinkKeyset WithNewPrimary(IReadOnlyList<TinkKey> old)
    {
        using SecretBytes fresh = SecretBytes.Random(GeneratedKeyLength);
        SecretBytes value = new(ProtoWriter.BytesSize(fresh.Length));
        ProtoWriter writer = new(value.Span);
        writer.Bytes(3, fresh.Span);
        uint id = TinkKeyset.NewKeyId(old);
        List<TinkKey> keys = [.. old.Select(k => k with { Value = new SecretBytes(k.Value.Span) })];
        keys.Add(new TinkKey(TypeUrl, value, TinkKeyStatus.Enabled, id, TinkOutputPrefix.Tink));
        return TinkKeyset.Create(id, keys, What);
    }

    private string UriOf(uint id) => string.Create(CultureInfo.InvariantCulture, $"{_name}/{id}");

    private sealed record Entry(uint Id, TinkOutputPrefix Prefix, SecretBytes Value)
    {
        private byte FirstByte => Prefix == TinkOutputPrefix.Tink ? (byte)1 : (byte)0;

        public void WritePrefix(Span<byte> wrapped)
        {
            if (Prefix == TinkOutputPrefix.Raw)
                return;
            wrapped[0] = FirstByte;
            BinaryPrimitives.WriteUInt32BigEndian(wrapped[1..], Id);
        }

        public bool PrefixMatches(ReadOnlySpan<byte> wrapped) =>
            wrapped.Length >= PrefixLength && wrapped[0] == FirstByte && BinaryPrimitives.ReadUInt32BigEndian(wrapped[1..]) == Id;
    }
}
