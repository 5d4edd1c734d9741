using System.Security.Cryptography;
using System.Text;

namespace Bulwark.Keys;

/// <summary>
/// A cleartext Tink keyset of any symmetric type: several keys, one of them primary (it encrypts; every enabled one decrypts).
/// </summary>
/// <remarks>
/// Binary form (tink.proto, proto3; a key material type of 1 means SYMMETRIC, the only one taken here):
/// <code>
/// Keyset    1 primary_key_id uint32     2 key (repeated)
/// Key       1 key_data       2 status   3 key_id uint32   4 output_prefix_type
/// KeyData   1 type_url string           2 value bytes     3 key_material_type
/// </code>
/// The JSON form is in <see cref="TinkKeysetJson"/>. Source: github.com/tink-crypto/tink-java, proto/tink.proto and
/// Util.validateKeyset, whose rules <see cref="Validate"/> keeps.
/// </remarks>
internal sealed class TinkKeyset : IDisposable
{
    /// <summary>Keys a keyset may hold.</summary>
    public const int MaximumKeys = 1000;

    /// <summary>Largest serialised keyset that is read, either form, in bytes.</summary>
    public const int MaximumSerializedLength = 1 << 20;

    private const int MaximumTypeUrlLength = 256;
    private const uint Symmetric = 1;

    private TinkKeyset(uint primaryId, List<TinkKey> keys)
    {
        PrimaryId = primaryId;
        Keys = keys;
    }

    /// <summary>Number of the key that encrypts.</summary>
    public uint PrimaryId { get; }

    /// <summary>Every key, in the order of the file, whatever its status.</summary>
    public IReadOnlyList<TinkKey> Keys { get; }

    /// <summary>Makes a keyset and takes over the keys, which are disposed here when the keyset is refused.</summary>
    /// <exception cref="KeyException">BW1201.</exception>
    public static TinkKeyset Create(uint primaryId, List<TinkKey> keys, string what)
    {
        try
        {
            Validate(primaryId, keys, what);
            return new TinkKeyset(primaryId, keys);
        }
        catch
        {
            keys.ForEach(k => k.Dispose());
            throw;
        }
    }

    /// <summary>Reads the binary form.</summary>
    /// <exception cref="KeyException">BW1201.</exception>
    public static TinkKeyset ParseBinary(ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.Length > MaximumSerializedLength)
            throw KeyException.Malformed(what, $"it is longer than {MaximumSerializedLength} bytes");
        uint primaryId = 0;
        List<TinkKey> keys = [];
        try
        {
            ProtoReader reader = new(bytes, what);
            while (reader.Next(repeated: 2))
            {
                if (reader.Field == 1)
                    primaryId = reader.UInt32();
                else if (reader.Field != 2)
                    reader.Skip();
                else if (keys.Count == MaximumKeys)
                    throw KeyException.Malformed(what, $"it holds more than {MaximumKeys} keys");
                else
                    keys.Add(ParseKey(reader.Bytes(), what));
            }
        }
        catch
        {
            keys.ForEach(k => k.Dispose());
            throw;
        }

        return Create(primaryId, keys, what);
    }

    /// <summary>A key number no key here has; never zero, as Tink demands.</summary>
    public static uint NewKeyId(IReadOnlyCollection<TinkKey> keys)
    {
        Span<byte> bytes = stackalloc byte[4];
        while (true)
        {
            RandomNumberGenerator.Fill(bytes);
            uint id = BitConverter.ToUInt32(bytes);
            if (id != 0 && keys.All(k => k.Id != id))
                return id;
        }
    }

    /// <summary>Writes the binary form.</summary>
    public SecretBytes ToBinary()
    {
        int length = ProtoWriter.UInt32Size(PrimaryId) + Keys.Sum(k => ProtoWriter.BytesSize(KeySize(k)));
        SecretBytes bytes = new(length);
        ProtoWriter writer = new(bytes.Span);
        writer.UInt32(1, PrimaryId);
        foreach (TinkKey key in Keys)
        {
            ProtoWriter inner = new(writer.Reserve(2, KeySize(key)));
            ProtoWriter data = new(inner.Reserve(1, KeyDataSize(key)));
            data.Bytes(1, Encoding.UTF8.GetBytes(key.TypeUrl));
            data.Bytes(2, key.Value.Span);
            data.UInt32(3, Symmetric);
            inner.UInt32(2, (uint)key.Status);
            inner.UInt32(3, key.Id);
            inner.UInt32(4, (uint)key.Prefix);
        }

        return bytes;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (TinkKey key in Keys)
            key.Dispose();
    }

    private static int KeyDataSize(TinkKey key) =>
        ProtoWriter.BytesSize(Encoding.UTF8.GetByteCount(key.TypeUrl)) + ProtoWriter.BytesSize(key.Value.Length) + ProtoWriter.UInt32Size(Symmetric);

    private static int KeySize(TinkKey key) =>
        ProtoWriter.BytesSize(KeyDataSize(key)) + ProtoWriter.UInt32Size((uint)key.Status) + ProtoWriter.UInt32Size(key.Id)
        + ProtoWriter.UInt32Size((uint)key.Prefix);

    private static TinkKey ParseKey(ReadOnlySpan<byte> message, string what)
    {
        ReadOnlySpan<byte> data = default, value = default;
        uint status = 0, id = 0, prefix = 0, material = 0;
        string typeUrl = "";
        ProtoReader reader = new(message, what);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    data = reader.Bytes();
                    break;
                case 2:
                    status = reader.UInt32();
                    break;
                case 3:
                    id = reader.UInt32();
                    break;
                case 4:
                    prefix = reader.UInt32();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        ProtoReader inner = new(data, what);
        while (inner.Next())
        {
            switch (inner.Field)
            {
                case 1:
                    ReadOnlySpan<byte> url = inner.Bytes();
                    if (url.Length > MaximumTypeUrlLength)
                        throw KeyException.Malformed(what, "a key type's name is too long");
                    typeUrl = Encoding.UTF8.GetString(url);
                    break;
                case 2:
                    value = inner.Bytes();
                    break;
                case 3:
                    material = inner.UInt32();
                    break;
                default:
                    inner.Skip();
                    break;
            }
        }

        if (material != Symmetric)
            throw KeyException.Malformed(what, $"key {id} is not symmetric key material");
        return new TinkKey(typeUrl, new SecretBytes(value), (TinkKeyStatus)(int)status, id, (TinkOutputPrefix)(int)prefix);
    }

    private static void Validate(uint primaryId, List<TinkKey> keys, string what)
    {
        if (keys.Count is 0 or > MaximumKeys)
            throw KeyException.Malformed(what, $"it holds {keys.Count} keys; 1 to {MaximumKeys} are allowed");
        int primaries = 0;
        foreach (TinkKey key in keys)
        {
            if (!Enum.IsDefined(key.Status))
                throw KeyException.Malformed(what, $"key {key.Id} has an unknown status");
            if (!Enum.IsDefined(key.Prefix))
                throw KeyException.Malformed(what, $"key {key.Id} has an unknown output prefix type");
            if (key.TypeUrl.Length is 0 or > MaximumTypeUrlLength)
                throw KeyException.Malformed(what, $"key {key.Id} does not name its type");
            if (key.Id == primaryId && key.Status == TinkKeyStatus.Enabled)
                primaries++;
        }

        if (primaries != 1)
            throw KeyException.Malformed(what, primaries == 0 ? "its primary key is missing or not enabled" : "its primary key is there more than once");
    }
}
