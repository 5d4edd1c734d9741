using System.Security.Cryptography;
using System.Text;

namespace Bulwark.Tests.Audit;

/// <summary>The definitions of RFC 6962, section 2.1, word for word and slow; shares no code with the library.</summary>
internal static class NaiveTree
{
    public static byte[] Root(byte[][] entries) => entries.Length switch
    {
        0 => SHA256.HashData([]),
        1 => SHA256.HashData([0, .. entries[0]]),
        _ => SHA256.HashData([1, .. Root(entries[..Split(entries.Length)]), .. Root(entries[Split(entries.Length)..])]),
    };

    public static byte[][] Path(int index, byte[][] entries)
    {
        if (entries.Length == 1)
            return [];
        int k = Split(entries.Length);
        return index < k
            ? [.. Path(index, entries[..k]), Root(entries[k..])]
            : [.. Path(index - k, entries[k..]), Root(entries[..k])];
    }

    public static byte[][] Proof(int oldSize, byte[][] entries) => SubProof(oldSize, entries, true);

    /// <summary>Reads a log's files by the letter of tlog-tiles and returns its entries if everything in them fits; otherwise throws.</summary>
    public static List<byte[]> ReadLog(Func<string, byte[]> read, byte[] publicKey)
    {
        string note = Encoding.UTF8.GetString(read("checkpoint"));
        int split = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        string text = note[..(split + 1)];
        string[] lines = text.Split('\n');
        byte[] signature = Convert.FromBase64String(note[(split + 2)..].Split(' ')[2].Trim());
        byte[] id = SHA256.HashData([.. Encoding.UTF8.GetBytes(lines[0]), 10, 1, .. publicKey]);
        Require(signature.AsSpan(0, 4).SequenceEqual(id.AsSpan(0, 4)), "key ID");
        Require(Org.BouncyCastle.Math.EC.Rfc8032.Ed25519.Verify(signature, 4, publicKey, 0, Encoding.UTF8.GetBytes(text), 0, Encoding.UTF8.GetByteCount(text)), "signature");
        long size = long.Parse(lines[1], System.Globalization.CultureInfo.InvariantCulture);

        List<byte[]> entries = [];
        while (entries.Count < size)
        {
            byte[] bundle = read("tile/entries/" + Position(entries.Count / 256, size));
            for (int at = 0; at < bundle.Length; at += 2 + (bundle[at] * 256) + bundle[at + 1])
                entries.Add(bundle[(at + 2)..(at + 2 + (bundle[at] * 256) + bundle[at + 1])]);
        }

        Require(entries.Count == size && Convert.ToBase64String(Root([.. entries])) == lines[2], "root");
        long each = 1;
        for (int level = 0; size / each > 0; level++, each *= 256)
        {
            for (long tile = 0; tile * 256 < size / each; tile++)
            {
                byte[] hashes = read($"tile/{level}/" + Position(tile, size / each));
                for (long i = 0; i < hashes.Length / 32; i++)
                {
                    int start = (int)(((tile * 256) + i) * each);
                    Require(hashes.AsSpan((int)i * 32, 32).SequenceEqual(Root([.. entries.Skip(start).Take((int)each)])), $"hash {i} of tile/{level}/{tile}");
                }

                Require(hashes.Length == 32 * Math.Min(256, (size / each) - (tile * 256)), "tile length");
            }
        }

        return entries;
    }

    /// <summary>For indexes below 1,000, as the small logs of the tests have.</summary>
    private static string Position(long tile, long hashes) =>
        hashes - (tile * 256) >= 256 ? $"{tile:000}" : $"{tile:000}.p/{hashes - (tile * 256)}";

    private static byte[][] SubProof(int m, byte[][] entries, bool whole)
    {
        if (m == entries.Length)
            return whole ? [] : [Root(entries)];
        int k = Split(entries.Length);
        return m <= k
            ? [.. SubProof(m, entries[..k], whole), Root(entries[k..])]
            : [.. SubProof(m - k, entries[k..], false), Root(entries[..k])];
    }

    private static int Split(int n)
    {
        int k = 1;
        while (k * 2 < n)
            k *= 2;
        return k;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidDataException(what);
    }
}
