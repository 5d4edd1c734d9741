using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bulwark.Keys;

namespace Bulwark.Encryption;

/// <summary>
/// The document beside an encrypted body (<c>NAME.enc.json</c>): everything but the key that is needed to open it, and several wraps of
/// the body's one keyset. It is public; a signed claim covers it. Rotating or adding a wrapping key rewrites only this document.
/// </summary>
/// <remarks>
/// <code>
/// format           "bulwark-envelope"
/// version          1
/// plaintextSize    bytes
/// plaintextSha256  hex, 64 digits
/// segmentSize      bytes, of ciphertext
/// header           hex: the body's first 40 (or 24) bytes, so that a mix-up is seen before any key is asked for
/// associatedData   text; its UTF-8 bytes are what Tink takes as associated data
/// keyCommitment    hex: HMAC-SHA-256(key value, "bulwark key commitment v1" | header | associated data)
/// wraps            1 to 64 of { provider, keyUri, aad, encryptedKeyset: Tink's EncryptedKeyset JSON, verbatim }
/// </code>
/// At most 1 MiB of JSON; unknown and repeated members are refused.
/// </remarks>
public sealed record EnvelopeSidecar
{
    /// <summary>The value of <c>format</c>.</summary>
    public const string FormatName = "bulwark-envelope";

    /// <summary>The value of <c>version</c>.</summary>
    public const int FormatVersion = 1;

    /// <summary>The largest sidecar that is read, in bytes.</summary>
    public const int MaximumLength = 1 << 20;

    /// <summary>The most wraps a sidecar may hold.</summary>
    public const int MaximumWraps = 64;

    /// <summary>The longest associated data, in UTF-8 bytes.</summary>
    public const int MaximumAssociatedDataLength = 4096;

    /// <summary>The longest name of a key, in UTF-16 code units.</summary>
    public const int MaximumKeyUriLength = 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary><see cref="FormatName"/>.</summary>
    [JsonPropertyName("format"), JsonRequired]
    public string Format { get; init; } = FormatName;

    /// <summary><see cref="FormatVersion"/>.</summary>
    [JsonPropertyName("version"), JsonRequired]
    public int Version { get; init; } = FormatVersion;

    /// <summary>Length of the plaintext in bytes.</summary>
    [JsonPropertyName("plaintextSize"), JsonRequired]
    public required long PlaintextSize { get; init; }

    /// <summary>SHA-256 of the plaintext, 64 lowercase hex digits.</summary>
    [JsonPropertyName("plaintextSha256"), JsonRequired]
    public required string PlaintextSha256 { get; init; }

    /// <summary>Size of a ciphertext segment in bytes.</summary>
    [JsonPropertyName("segmentSize"), JsonRequired]
    public required int SegmentSize { get; init; }

    /// <summary>The body's header, lowercase hex.</summary>
    [JsonPropertyName("header"), JsonRequired]
    public required string Header { get; init; }

    /// <summary>What the body is bound to; its UTF-8 bytes go into the key derivation.</summary>
    [JsonPropertyName("associatedData"), JsonRequired]
    public required string AssociatedData { get; init; }

    /// <summary>The key commitment, 64 lowercase hex digits.</summary>
    [JsonPropertyName("keyCommitment"), JsonRequired]
    public required string KeyCommitment { get; init; }

    /// <summary>The wraps of the keyset.</summary>
    [JsonPropertyName("wraps"), JsonRequired]
    public required IReadOnlyList<KeysetWrap> Wraps { get; init; }

    /// <summary>Where the bytes of the body lie.</summary>
    [JsonIgnore]
    public SegmentLayout Layout => new(SegmentSize, HeaderBytes.Length - 1 - SegmentLayout.NoncePrefixLength);

    /// <summary>Length of the body in bytes.</summary>
    [JsonIgnore]
    public long CiphertextSize => Layout.CiphertextLength(PlaintextSize);

    [JsonIgnore]
    internal byte[] HeaderBytes => Convert.FromHexString(Header);

    [JsonIgnore]
    internal byte[] AssociatedDataBytes => StrictUtf8.GetBytes(AssociatedData);

    /// <summary>Describes a body that was just encrypted, and wraps its keyset for every given key.</summary>
    /// <param name="keyset">The body's keyset; its primary key encrypted the body.</param>
    /// <param name="encryptor">The encryptor that made the body.</param>
    /// <param name="associatedData">What the encryptor was given, as text.</param>
    /// <param name="wrapAssociatedData">What the wraps are bound to, as text; readers take it from the sidecar.</param>
    /// <param name="plaintextSize">Length of the plaintext in bytes.</param>
    /// <param name="plaintextSha256">SHA-256 of the plaintext, 32 bytes.</param>
    /// <param name="wrappingKeys">One wrap is made for each: 1 to 64.</param>
    /// <param name="cancellationToken">Cancels the calls to the key services.</param>
    /// <exception cref="KeyException">What a wrapping key throws.</exception>
    /// <exception cref="EncryptionException">BW1909 when keyset, encryptor and associated data do not belong together, BW1910, BW1915.</exception>
    public static async Task<EnvelopeSidecar> CreateAsync(
        StreamingKeyset keyset,
        SegmentEncryptor encryptor,
        string associatedData,
        string wrapAssociatedData,
        long plaintextSize,
        ReadOnlyMemory<byte> plaintextSha256,
        IReadOnlyList<IWrappingKey> wrappingKeys,
        CancellationToken cancellationToken)
    {
        EnvelopeSidecar bare = new()
        {
            PlaintextSize = plaintextSize,
            PlaintextSha256 = Convert.ToHexStringLower(plaintextSha256.Span),
            SegmentSize = encryptor.Layout.SegmentSize,
            Header = Convert.ToHexStringLower(encryptor.Header.Span),
            AssociatedData = associatedData,
            KeyCommitment = Convert.ToHexStringLower(encryptor.KeyCommitment.Span),
            Wraps = [],
        };
        EncodeAssociatedData(associatedData);
        if (bare.Committed(keyset) != keyset.Primary)
            throw EncryptionException.CommitmentMismatch();
        EnvelopeSidecar sidecar = bare;
        foreach (IWrappingKey key in wrappingKeys)
            sidecar = await sidecar.WithWrapAsync(keyset, key, wrapAssociatedData, cancellationToken);
        sidecar.Validate();
        return sidecar;
    }

    /// <summary>The bytes of associated data given as text.</summary>
    /// <exception cref="EncryptionException">BW1910 when they are more than 4 KiB, or not valid Unicode.</exception>
    public static byte[] EncodeAssociatedData(string associatedData)
    {
        try
        {
            byte[] bytes = StrictUtf8.GetBytes(associatedData);
            return bytes.Length <= MaximumAssociatedDataLength
                ? bytes
                : throw EncryptionException.MalformedSidecar($"the associated data is longer than {MaximumAssociatedDataLength} bytes");
        }
        catch (EncoderFallbackException e)
        {
            throw EncryptionException.MalformedSidecar("the associated data is not valid Unicode", e);
        }
    }

    /// <summary>Reads a sidecar.</summary>
    /// <exception cref="EncryptionException">BW1908 when it is of another format or version, BW1910 when it is malformed.</exception>
    public static EnvelopeSidecar Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaximumLength)
            throw EncryptionException.MalformedSidecar($"it has {utf8.Length} bytes; {MaximumLength} are allowed");
        try
        {
            // Before the strict reading: a later version may well have members this one does not know.
            SidecarVersion.Check(utf8);
            EnvelopeSidecar sidecar = JsonSerializer.Deserialize(utf8, EnvelopeJson.Default.EnvelopeSidecar)
                ?? throw EncryptionException.MalformedSidecar("it is null");
            sidecar.Validate();
            return sidecar;
        }
        catch (JsonException e)
        {
            throw EncryptionException.MalformedSidecar($"it is not valid at {e.Path ?? "$"}, line {e.LineNumber + 1}", e);
        }
    }

    /// <summary>Writes the sidecar as indented JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, EnvelopeJson.Default.EnvelopeSidecar);

    /// <summary>
    /// Unwraps the keyset with the first available key that opens one of the wraps, and checks the key commitment.
    /// </summary>
    /// <returns>The keyset; the caller disposes it. <see cref="Committed"/> says which of its keys the body uses.</returns>
    /// <exception cref="EncryptionException">BW1901 when no key opens a wrap, BW1909 when a keyset is not the committed one.</exception>
    public async Task<StreamingKeyset> UnwrapAsync(IReadOnlyList<IWrappingKey> available, CancellationToken cancellationToken)
    {
        KeyException? refusal = null;
        foreach (KeysetWrap wrap in Wraps)
        {
            foreach (IWrappingKey key in available.Where(k => k.Opens(wrap.KeyUri)))
            {
                StreamingKeyset? keyset = null;
                try
                {
                    keyset = await StreamingKeyset.UnwrapAsync(wrap.EncryptedKeyset, key, StrictUtf8.GetBytes(wrap.AssociatedData), cancellationToken);
                }
                catch (KeyException e)
                {
                    refusal = refusal is { Kind: ErrorKind.Fault } ? refusal : e;
                    continue;
                }

                if (Committed(keyset) is not null)
                    return keyset;
                keyset.Dispose();
                throw EncryptionException.CommitmentMismatch();
            }
        }

        // A key service that could not be asked has not said no.
        if (refusal is { Kind: ErrorKind.Fault })
            throw refusal;
        throw EncryptionException.WrongKey(Wraps.Select(w => w.KeyUri), refusal);
    }

    /// <summary>Adds a wrap for one more key, under the associated data of the first wrap; the body stays as it is.</summary>
    /// <param name="available">Keys of which one opens a present wrap.</param>
    /// <param name="added">The key to wrap for. A present wrap of the same name is replaced.</param>
    /// <param name="cancellationToken">Cancels the calls to the key services.</param>
    /// <exception cref="EncryptionException">As <see cref="UnwrapAsync"/>; BW1915 when there are 64 wraps already.</exception>
    public async Task<EnvelopeSidecar> AddWrapAsync(IReadOnlyList<IWrappingKey> available, IWrappingKey added, CancellationToken cancellationToken)
    {
        using StreamingKeyset keyset = await UnwrapAsync(available, cancellationToken);
        return await WithWrapAsync(keyset, added, Wraps[0].AssociatedData, cancellationToken);
    }

    /// <summary>Removes the wrap of a key. Whoever unwrapped the keyset before can still open the body.</summary>
    /// <exception cref="EncryptionException">BW1915 when there is no such wrap, or no other one.</exception>
    public EnvelopeSidecar RemoveWrap(string keyUri)
    {
        KeysetWrap[] kept = [.. Wraps.Where(w => w.KeyUri != keyUri)];
        if (kept.Length == Wraps.Count)
            throw EncryptionException.WrapRefused(keyUri, "is not in the sidecar");
        if (kept.Length == 0)
            throw EncryptionException.WrapRefused(keyUri, "is the last one; without it nobody could open the body");
        return this with { Wraps = kept };
    }

    /// <summary>The key of a keyset that the commitment names, or null. Compares in fixed time.</summary>
    internal StreamingAeadKey? Committed(StreamingKeyset keyset)
    {
        byte[] header = HeaderBytes, associatedData = AssociatedDataBytes, expected = Convert.FromHexString(KeyCommitment);
        return keyset.Keys.FirstOrDefault(key =>
            key.Parameters.SegmentSize == SegmentSize
            && key.Parameters.Layout.HeaderLength == header.Length
            && CryptographicOperations.FixedTimeEquals(key.Commit(header, associatedData), expected));
    }

    private async Task<EnvelopeSidecar> WithWrapAsync(StreamingKeyset keyset, IWrappingKey key, string associatedData, CancellationToken cancellationToken)
    {
        KeysetWrap[] others = [.. Wraps.Where(w => w.KeyUri != key.KeyUri)];
        if (others.Length >= MaximumWraps)
            throw EncryptionException.WrapRefused(key.KeyUri, $"cannot be added: the sidecar holds {MaximumWraps} wraps");
        EncryptedKeyset wrapped = await keyset.WrapAsync(key, EncodeAssociatedData(associatedData), cancellationToken);
        return this with { Wraps = [.. others, new KeysetWrap(KeysetWrap.ProviderOf(key.KeyUri), key.KeyUri, associatedData, wrapped)] };
    }

    private void Validate() => SidecarRules.Check(this);
}
