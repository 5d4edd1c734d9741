using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Bulwark.Watermarking;

/// <summary>The 128 bits a watermark carries: who owns the model and which model it is.</summary>
/// <remarks>
/// <code>
/// byte    content
/// 0       high nibble version = 1, low nibble flags (bit 0: the model id is a digest)
/// 1-4     owner id, u32 big-endian
/// 5-11    model id, 7 bytes: UTF-8 text padded with zeros, or the first 7 bytes of SHA-256 of a longer text (flag bit 0)
/// 12-15   HMAC-SHA256(mac key, bytes 0-11)[0..4]
/// </code>
/// </remarks>
public sealed class WatermarkPayload : IEquatable<WatermarkPayload>
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 16;

    /// <summary>Length of the model id in bytes.</summary>
    public const int ModelIdLength = 7;

    private const int Version = 1;
    private const int DigestFlag = 1;
    private const int FieldsLength = 12;

    private readonly byte[] _bytes;

    private WatermarkPayload(byte[] bytes) => _bytes = bytes;

    /// <summary>All 16 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The owner.</summary>
    public uint OwnerId => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(1));

    /// <summary>The low nibble of byte 0.</summary>
    public int Flags => _bytes[0] & 15;

    /// <summary>The model id as text where it is text, else its 7 bytes as <c>sha256:</c> and 14 hexadecimal digits.</summary>
    public string ModelId
    {
        get
        {
            ReadOnlySpan<byte> id = _bytes.AsSpan(5, ModelIdLength);
            string text = Encoding.UTF8.GetString(id.TrimEnd((byte)0));
            if ((Flags & DigestFlag) != 0)
                return $"sha256:{Convert.ToHexStringLower(id)}";
            bool readable = !text.Any(c => char.IsControl(c) || c == '\uFFFD');
            return readable ? text : $"hex:{Convert.ToHexStringLower(id)}";
        }
    }

    /// <summary>Makes a payload.</summary>
    /// <param name="key">Authenticates it.</param>
    /// <param name="ownerId">The owner, any 32-bit number.</param>
    /// <param name="modelId">Text; up to 7 UTF-8 bytes are carried as they are, longer text as a digest.</param>
    /// <exception cref="WatermarkException">The model id is empty, or has a zero character (BW1605).</exception>
    public static WatermarkPayload Create(WatermarkKey key, uint ownerId, string modelId)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        byte[] text = Encoding.UTF8.GetBytes(modelId);
        if (text.Length == 0 || text.Contains((byte)0))
            throw WatermarkException.BadPayload("the model id is empty or contains a zero character");
        bool digest = text.Length > ModelIdLength;
        return Create(key, digest ? DigestFlag : 0, ownerId, digest ? SHA256.HashData(text).AsSpan(0, ModelIdLength) : text);
    }

    /// <summary>Makes a payload from its fields.</summary>
    /// <param name="key">Authenticates it.</param>
    /// <param name="flags">0 to 15.</param>
    /// <param name="ownerId">The owner.</param>
    /// <param name="modelId">At most 7 bytes; zeros follow.</param>
    /// <exception cref="WatermarkException">A field does not fit (BW1605).</exception>
    public static WatermarkPayload Create(WatermarkKey key, int flags, uint ownerId, ReadOnlySpan<byte> modelId)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (flags is < 0 or > 15)
            throw WatermarkException.BadPayload("flags are 0 to 15");
        if (modelId.Length > ModelIdLength)
            throw WatermarkException.BadPayload($"the model id has {modelId.Length} bytes, at most {ModelIdLength} fit");
        byte[] bytes = new byte[Length];
        bytes[0] = (byte)((Version << 4) | flags);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), ownerId);
        modelId.CopyTo(bytes.AsSpan(5));
        key.Authenticate(bytes.AsSpan(0, FieldsLength), bytes.AsSpan(FieldsLength));
        return new WatermarkPayload(bytes);
    }

    /// <summary>Takes 16 bytes for a payload when their version and MAC hold.</summary>
    /// <returns>Null when they do not.</returns>
    public static WatermarkPayload? Authenticate(WatermarkKey key, ReadOnlySpan<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (bytes.Length != Length || bytes[0] >> 4 != Version)
            return null;
        Span<byte> tag = stackalloc byte[Length - FieldsLength];
        key.Authenticate(bytes[..FieldsLength], tag);
        return CryptographicOperations.FixedTimeEquals(tag, bytes[FieldsLength..]) ? new WatermarkPayload(bytes.ToArray()) : null;
    }

    /// <inheritdoc />
    public bool Equals(WatermarkPayload? other) => other is not null && Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as WatermarkPayload);

    /// <inheritdoc />
    public override int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(FieldsLength));

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(_bytes);
}
