namespace Bulwark.Audit;

/// <summary>The bytes of a tile: its hashes, 32 bytes each, one after the other.</summary>
internal static class TileCodec
{
    public static byte[] Encode(ReadOnlySpan<MerkleHash> hashes)
    {
        byte[] bytes = new byte[hashes.Length * MerkleHash.Size];
        for (int i = 0; i < hashes.Length; i++)
            hashes[i].CopyTo(bytes.AsSpan(i * MerkleHash.Size));
        return bytes;
    }

    public static MerkleHash[] Decode(ReadOnlySpan<byte> bytes)
    {
        var hashes = new MerkleHash[bytes.Length / MerkleHash.Size];
        for (int i = 0; i < hashes.Length; i++)
            hashes[i] = new MerkleHash(bytes.Slice(i * MerkleHash.Size, MerkleHash.Size));
        return hashes;
    }
}
