using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Keys;

namespace Bulwark.Audit;

/// <summary>
/// The public half of a log's key, as other transparency-log tools take it (C2SP signed-note, "Verifier keys").
/// <code>
/// vkey    = name + "+" + hex(key ID) + "+" + base64(0x01 || 32-byte Ed25519 public key)
/// key ID  = SHA-256(name || 0x0A || 0x01 || public key)[:4], big-endian
/// </code>
/// </summary>
public sealed class NoteVerifierKey
{
    private const byte Ed25519Type = 1;
    private const int PublicKeySize = 32;
    private const int MaxNameLength = 256;

    // SubjectPublicKeyInfo of an Ed25519 key is this header and the raw key (RFC 8410, section 4).
    private static ReadOnlySpan<byte> SpkiHeader => [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    private readonly byte[] _typedKey;
    private readonly VerificationKey _key;

    private NoteVerifierKey(string name, ReadOnlySpan<byte> publicKey)
    {
        if (!IsName(name))
            throw AuditException.BadKey($"'{name}' is no key name");
        Name = name;
        _typedKey = [Ed25519Type, .. publicKey];
        Id = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', .. _typedKey]));
        try
        {
            _key = VerificationKey.FromSubjectPublicKeyInfo([.. SpkiHeader, .. publicKey]);
        }
        catch (KeyException error)
        {
            throw AuditException.BadKey(error.Message);
        }
    }

    /// <summary>The key's name; a log's is its origin.</summary>
    public string Name { get; }

    /// <summary>The key's number, which with the name picks signatures.</summary>
    public uint Id { get; }

    /// <summary>The 32 bytes of the Ed25519 public key (RFC 8032).</summary>
    public ReadOnlyMemory<byte> PublicKey => _typedKey.AsMemory(1);

    /// <summary>Names an Ed25519 public key.</summary>
    /// <exception cref="AuditException">BW1311: another kind of key, or a name with spaces, '+' or control characters.</exception>
    public static NoteVerifierKey FromPem(string name, string publicKeyPem)
    {
        ArgumentNullException.ThrowIfNull(name);
        VerificationKey key = VerificationKey.FromPem(publicKeyPem);
        if (key.Algorithm != SignatureAlgorithm.Ed25519)
            throw AuditException.BadKey($"it is {key.Algorithm}, not Ed25519");
        return new NoteVerifierKey(name, key.SubjectPublicKeyInfo.Span[^PublicKeySize..]);
    }

    /// <summary>Reads a vkey.</summary>
    /// <exception cref="AuditException">BW1311: malformed, another signature type, or an ID that is not the key's.</exception>
    public static NoteVerifierKey Parse(string vkey)
    {
        ArgumentNullException.ThrowIfNull(vkey);
        string[] parts = vkey.Split('+', 3);
        Span<byte> typedKey = stackalloc byte[PublicKeySize + 4];
        if (parts.Length != 3 || vkey.Length > MaxNameLength + 64
            || parts[1].Length != 8 || !uint.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint id)
            || !Convert.TryFromBase64String(parts[2], typedKey, out int length) || length != PublicKeySize + 1)
            throw AuditException.BadKey("the verifier key is not name+hash+base64 of an Ed25519 key");
        if (typedKey[0] != Ed25519Type)
            throw AuditException.BadKey($"the verifier key has signature type {typedKey[0]}, not 1 (Ed25519)");
        NoteVerifierKey key = new(parts[0], typedKey.Slice(1, PublicKeySize));
        return key.Id == id && key.ToString() == vkey ? key : throw AuditException.BadKey("the verifier key is not the one that its name and key bytes give");
    }

    /// <summary>Whether a key or a log may be so named: not empty, without spaces, '+' and control characters.</summary>
    public static bool IsName(string name) =>
        name is { Length: > 0 and <= MaxNameLength } && WellFormedText.Is(name) && !name.Any(c => c == '+' || char.IsWhiteSpace(c) || char.IsControl(c));

    /// <summary>Whether this key made the signature over the text.</summary>
    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => signature.Length == 64 && _key.Verify(text, signature);

    /// <summary>The vkey.</summary>
    public override string ToString() => $"{Name}+{Id:x8}+{Convert.ToBase64String(_typedKey)}";
}
