using System.Buffers.Binary;
using System.Text;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>
/// Takes the recipient's public key out of a Nitro attestation document. Only the structure is read: neither the signature nor the
/// certificates are checked, which the real service does.
/// </summary>
/// <remarks>
/// <code>
/// COSE_Sign1   [18(] [ protected: bytes, unprotected: map, payload: bytes, signature: bytes ]
/// payload      map with "module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle", "public_key": bytes (DER SPKI), ...
/// </code>
/// Source: github.com/aws/aws-nitro-enclaves-nsm-api, docs/attestation_process.md.
/// </remarks>
internal static class AttestationDocument
{
    private const int MaximumDepth = 16;
    private const int TextString = 3;

    public static byte[] PublicKeyOf(byte[] document)
    {
        try
        {
            int at = 0;
            (int major, ulong count) = Head(document, ref at);
            if (major == 6)
                (major, count) = Head(document, ref at);
            if (major != 4 || count != 4)
                throw new FormatException();
            Skip(document, ref at, 0);
            Skip(document, ref at, 0);
            byte[] payload = Bytes(document, ref at);
            Bytes(document, ref at);
            if (at != document.Length)
                throw new FormatException();
            return MemberOf(payload, "public_key") is { Length: > 0 } key ? key : throw new FormatException();
        }
        catch (Exception error) when (error is FormatException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw KmsFault.Validation("The attestation document is not a COSE_Sign1 structure with a public key.");
        }
    }

    private static byte[]? MemberOf(byte[] map, string name)
    {
        int at = 0;
        (int major, ulong count) = Head(map, ref at);
        if (major != 5)
            throw new FormatException();
        for (ulong i = 0; i < count; i++)
        {
            if (Encoding.UTF8.GetString(Bytes(map, ref at, TextString)) == name)
                return Bytes(map, ref at);
            Skip(map, ref at, 0);
        }

        return null;
    }

    private static byte[] Bytes(byte[] data, ref int at, int type = 2)
    {
        (int major, ulong length) = Head(data, ref at);
        if (major != type)
            throw new FormatException();
        int start = at;
        at = checked(at + (int)length);
        return data[start..at];
    }

    private static void Skip(byte[] data, ref int at, int depth)
    {
        if (depth > MaximumDepth)
            throw new FormatException();
        (int major, ulong value) = Head(data, ref at);
        switch (major)
        {
            case 2 or 3:
                at = checked(at + (int)value);
                break;
            case 4 or 5:
                for (ulong i = 0; i < value * (major == 5 ? 2UL : 1); i++)
                    Skip(data, ref at, depth + 1);
                break;
            case 6:
                Skip(data, ref at, depth + 1);
                break;
        }
    }

    private static (int Major, ulong Value) Head(byte[] data, ref int at)
    {
        byte first = data[at++];
        int size = (first & 31) switch { < 24 => 0, 24 => 1, 25 => 2, 26 => 4, 27 => 8, _ => throw new FormatException() };
        Span<byte> value = stackalloc byte[8];
        value.Clear();
        data.AsSpan(at, size).CopyTo(value[(8 - size)..]);
        at += size;
        return (first >> 5, size == 0 ? (ulong)(first & 31) : BinaryPrimitives.ReadUInt64BigEndian(value));
    }
}
