using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>
/// Ciphertexts of symmetric keys: AES-256-GCM whose associated data is the encryption context in canonical order.
/// </summary>
/// <remarks>
/// <code>
/// 0x01 0x02 | key id (36, ASCII) | IV (12) | ciphertext | tag (16)
/// associated data: the first 38 bytes, then for each pair in ordinal order: length (4, BE) name length (4, BE) value, in UTF-8
/// </code>
/// KMS's own layout is not published; clients must not look into it.
/// </remarks>
internal static class SymmetricCiphertext
{
    private const int IdLength = 36;
    private const int PrefixLength = 2 + IdLength;
    private const int IvLength = 12;
    private const int TagLength = 16;

    public static byte[] Seal(KmsKey key, ReadOnlySpan<byte> plaintext, SortedDictionary<string, string> context)
    {
        byte[] blob = new byte[PrefixLength + IvLength + plaintext.Length + TagLength];
        blob[0] = 1;
        blob[1] = 2;
        Encoding.ASCII.GetBytes(key.Id, blob.AsSpan(2));
        Span<byte> iv = blob.AsSpan(PrefixLength, IvLength);
        RandomNumberGenerator.Fill(iv);
        using AesGcm aes = new(key.Material, TagLength);
        aes.Encrypt(iv, plaintext, blob.AsSpan(PrefixLength + IvLength, plaintext.Length), blob.AsSpan(^TagLength..), Authenticated(blob, context));
        return blob;
    }

    /// <summary>The id of the key that made a ciphertext; null when it is none.</summary>
    public static string? KeyIdOf(ReadOnlySpan<byte> blob) =>
        blob.Length < PrefixLength + IvLength + TagLength || blob[0] != 1 || blob[1] != 2 ? null : Encoding.Latin1.GetString(blob.Slice(2, IdLength));

    public static byte[] Open(KmsKey key, ReadOnlySpan<byte> blob, SortedDictionary<string, string> context)
    {
        byte[] plaintext = new byte[blob.Length - PrefixLength - IvLength - TagLength];
        try
        {
            using AesGcm aes = new(key.Material, TagLength);
            aes.Decrypt(blob.Slice(PrefixLength, IvLength), blob[(PrefixLength + IvLength)..^TagLength], blob[^TagLength..], plaintext, Authenticated(blob, context));
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw KmsFault.InvalidCiphertext();
        }
    }

    private static byte[] Authenticated(ReadOnlySpan<byte> blob, SortedDictionary<string, string> context)
    {
        using MemoryStream data = new();
        data.Write(blob[..PrefixLength]);
        Span<byte> length = stackalloc byte[4];
        foreach (string part in context.SelectMany(pair => new[] { pair.Key, pair.Value }))
        {
            byte[] text = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
            data.Write(length);
            data.Write(text);
        }

        return data.ToArray();
    }
}
