using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Keys;

namespace Bulwark.Watermarking;

/// <summary>The keys of one owner's watermarks, all derived from one master secret; zeroed on disposal.</summary>
/// <remarks>
/// RFC 5869 HKDF-SHA256 with salt <c>kmm64/v1</c> and 32-byte outputs:
/// <code>
/// info         use
/// prf          AES-256 key of the signs, coded bits and dither       (see KeyedBlocks)
/// mac          HMAC-SHA256 key of the payload                        (see WatermarkPayload)
/// tensor       HMAC-SHA256 key of the tensor ids
/// fragile      HMAC-SHA256 key of the seal                           (see FragileSeal)
/// commitment   not a key: published as its SHA-256, so that who can show the 32 bytes shows he held the master
/// </code>
/// </remarks>
public sealed class WatermarkKey : IDisposable
{
    /// <summary>The shortest master secret, in bytes.</summary>
    public const int MinimumMasterLength = 32;

    private const int KeyLength = 32;

    private readonly SecretBytes _prf;
    private readonly SecretBytes _mac;
    private readonly SecretBytes _tensor;
    private readonly SecretBytes _fragile;

    private WatermarkKey(string id, ReadOnlySpan<byte> master)
    {
        Id = id;
        _prf = Derive(master, "prf"u8);
        _mac = Derive(master, "mac"u8);
        _tensor = Derive(master, "tensor"u8);
        _fragile = Derive(master, "fragile"u8);
        using SecretBytes opening = Derive(master, "commitment"u8);
        Commitment = Convert.ToHexStringLower(SHA256.HashData(opening.Span));
    }

    /// <summary>A name for the key that tells nothing about it.</summary>
    public string Id { get; }

    /// <summary>SHA-256, in lower-case hexadecimal, of 32 bytes that only the master's holder can compute.</summary>
    public string Commitment { get; }

    /// <summary>Derives the keys.</summary>
    /// <param name="id">A name for the key, as receipts carry it.</param>
    /// <param name="master">The master secret, at least 32 bytes; not kept.</param>
    /// <exception cref="WatermarkException">The secret is too short (BW1601).</exception>
    public static WatermarkKey FromMaster(string id, ReadOnlySpan<byte> master)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return master.Length < MinimumMasterLength ? throw WatermarkException.MasterTooShort(master.Length) : new WatermarkKey(id, master);
    }

    /// <summary>16 hexadecimal digits that name a master and tell nothing about it.</summary>
    /// <param name="master">The master secret.</param>
    public static string IdOf(ReadOnlySpan<byte> master) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(master, "bulwark watermark master id v1"u8).AsSpan(0, 8));

    /// <summary>The 32 bytes behind <see cref="Commitment"/>, to be shown in a dispute instead of the master.</summary>
    /// <param name="master">The master secret.</param>
    public static byte[] OpenCommitment(ReadOnlySpan<byte> master)
    {
        using SecretBytes opening = Derive(master, "commitment"u8);
        return opening.Span.ToArray();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _prf.Dispose();
        _mac.Dispose();
        _tensor.Dispose();
        _fragile.Dispose();
    }

    /// <summary>Never a key.</summary>
    public override string ToString() => $"WatermarkKey({Id})";

    /// <summary>
    /// The name a tensor is keyed by: what wrappers of training frameworks put in front is dropped, and what ONNX Runtime puts behind
    /// the weights it quantises.
    /// </summary>
    public static string CanonicalName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ReadOnlySpan<string> wrappers = ["_orig_mod.", "module."];
        for (bool stripped = true; stripped;)
        {
            stripped = false;
            foreach (string wrapper in wrappers)
            {
                if (name.StartsWith(wrapper, StringComparison.Ordinal))
                {
                    name = name[wrapper.Length..];
                    stripped = true;
                }
            }
        }

        const string Quantized = "_quantized";
        return name.Length > Quantized.Length && name.EndsWith(Quantized, StringComparison.Ordinal) ? name[..^Quantized.Length] : name;
    }

    /// <summary>HMAC-SHA256(tensor key, UTF-8 canonical name)[0..8], as a little-endian number.</summary>
    internal ulong TensorId(string name)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_tensor.Span, Encoding.UTF8.GetBytes(CanonicalName(name)), mac);
        return BinaryPrimitives.ReadUInt64LittleEndian(mac);
    }

    /// <summary>HMAC-SHA256(mac key, fields)[0..4].</summary>
    internal void Authenticate(ReadOnlySpan<byte> fields, Span<byte> tag)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_mac.Span, fields, mac);
        mac[..tag.Length].CopyTo(tag);
    }

    internal KeyedBlocks CreateBlocks() => new(_prf.Span);

    internal IncrementalHash CreateSealHash() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _fragile.Span);

    private static SecretBytes Derive(ReadOnlySpan<byte> master, ReadOnlySpan<byte> info)
    {
        SecretBytes key = new(KeyLength);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, master, key.Span, "kmm64/v1"u8, info);
        return key;
    }
}
