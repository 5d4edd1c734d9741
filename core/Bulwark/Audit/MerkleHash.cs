using System.Runtime.InteropServices;

namespace Bulwark.Audit;

/// <summary>A SHA-256 Merkle tree hash, 32 bytes, as a value.</summary>
public readonly record struct MerkleHash
{
    /// <summary>Bytes in a hash.</summary>
    public const int Size = 32;

    private readonly Bytes _bytes;

    /// <summary>Copies 32 bytes.</summary>
    /// <exception cref="ArgumentException">Another length.</exception>
    public MerkleHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"A hash has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        _bytes = MemoryMarshal.Read<Bytes>(bytes);
    }

    /// <summary>Reads standard base64 of exactly 32 bytes, in its only canonical form.</summary>
    public static bool TryParseBase64(ReadOnlySpan<char> text, out MerkleHash hash)
    {
        hash = default;
        Span<byte> bytes = stackalloc byte[Size + 1];
        if (text.Length != 44 || !Convert.TryFromBase64Chars(text, bytes, out int written) || written != Size)
            return false;
        hash = new MerkleHash(bytes[..Size]);
        return text.SequenceEqual(hash.ToBase64());
    }

    /// <summary>Copies the 32 bytes out.</summary>
    public void CopyTo(Span<byte> destination) => MemoryMarshal.Write(destination, in _bytes);

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Standard base64, as checkpoints and proofs write it.</summary>
    public string ToBase64() => Convert.ToBase64String(ToArray());

    /// <summary>Lowercase hexadecimal.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Bytes(ulong A, ulong B, ulong C, ulong D);
}
