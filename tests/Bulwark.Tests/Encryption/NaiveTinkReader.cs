using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bulwark.Tests.Encryption;

/// <summary>
/// A second reader of Tink's AES-GCM-HKDF streaming format, written straight from the layout table and sharing nothing with the code
/// under test: slow, whole in memory, HKDF by hand.
/// </summary>
internal static class NaiveTinkReader
{
    public sealed record Key(int DerivedKeySize, int SegmentSize, HashAlgorithmName Hash, byte[] Value);

    /// <summary>Decrypts, or throws <see cref="CryptographicException"/>.</summary>
    public static byte[] Decrypt(byte[] body, Key key, byte[] associatedData)
    {
        int headerLength = 1 + key.DerivedKeySize + 7;
        if (body.Length < headerLength + 16 || body[0] != headerLength)
            throw new CryptographicException("header");
        byte[] salt = body[1..(1 + key.DerivedKeySize)];
        byte[] prefix = body[(1 + key.DerivedKeySize)..headerLength];
        using AesGcm aes = new(Hkdf(key, salt, associatedData), 16);
        using MemoryStream plaintext = new();
        int position = headerLength;
        for (uint index = 0; ; index++)
        {
            int end = (int)Math.Min(body.Length, (index + 1L) * key.SegmentSize);
            bool last = end == body.Length;
            if (end - position < 16 || (last && index > 0 && end - position == 16))
                throw new CryptographicException("segment");
            byte[] nonce = [.. prefix, (byte)(index >> 24), (byte)(index >> 16), (byte)(index >> 8), (byte)index, (byte)(last ? 1 : 0)];
            byte[] opened = new byte[end - position - 16];
            aes.Decrypt(nonce, body[position..(end - 16)], body[(end - 16)..end], opened);
            plaintext.Write(opened);
            if (last)
                return plaintext.ToArray();
            position = end;
        }
    }

    /// <summary>Reads the first key of a keyset's JSON, its protocol buffer by hand: two-level, fields in any order.</summary>
    public static Key ReadKey(byte[] keysetJson)
    {
        using JsonDocument document = JsonDocument.Parse(keysetJson);
        byte[] value = document.RootElement.GetProperty("key")[0].GetProperty("keyData").GetProperty("value").GetBytesFromBase64();
        Dictionary<int, object> outer = Fields(value);
        Dictionary<int, object> inner = Fields((byte[])outer[2]);
        HashAlgorithmName hash = (ulong)inner[3] switch
        {
            1 => HashAlgorithmName.SHA1,
            3 => HashAlgorithmName.SHA256,
            4 => HashAlgorithmName.SHA512,
            _ => throw new CryptographicException("hash"),
        };
        return new Key((int)(ulong)inner[2], (int)(ulong)inner[1], hash, (byte[])outer[3]);
    }

    /// <summary>The commitment, from its definition.</summary>
    public static string Commitment(Key key, byte[] header, string associatedData) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(
            key.Value, (byte[])[.. Encoding.ASCII.GetBytes("bulwark key commitment v1"), .. header, .. Encoding.UTF8.GetBytes(associatedData)]));

    private static Dictionary<int, object> Fields(byte[] message)
    {
        Dictionary<int, object> fields = [];
        int at = 0;
        ulong Varint()
        {
            ulong v = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte b = message[at++];
                v |= (ulong)(b & 127) << shift;
                if (b < 128)
                    return v;
            }
        }

        while (at < message.Length)
        {
            ulong tag = Varint();
            if ((tag & 7) == 0)
            {
                fields[(int)(tag >> 3)] = Varint();
            }
            else
            {
                int length = (int)Varint();
                fields[(int)(tag >> 3)] = message[at..(at + length)];
                at += length;
            }
        }

        return fields;
    }

    // RFC 5869, with the HMAC from the framework only. Tink allows SHA-1 here, where its collisions do no harm.
#pragma warning disable CA5350
    private static byte[] Hkdf(Key key, byte[] salt, byte[] info)
    {
        byte[] Hmac(byte[] k, byte[] m) => key.Hash.Name switch
        {
            "SHA1" => HMACSHA1.HashData(k, m),
            "SHA256" => HMACSHA256.HashData(k, m),
            _ => HMACSHA512.HashData(k, m),
        };
        byte[] prk = Hmac(salt, key.Value);
        byte[] okm = [], t = [];
        for (byte i = 1; okm.Length < key.DerivedKeySize; i++)
        {
            t = Hmac(prk, [.. t, .. info, i]);
            okm = [.. okm, .. t];
        }

        return okm[..key.DerivedKeySize];
    }
#pragma warning restore CA5350
}
