namespace Bulwark.Audit;

/// <summary>What new entries make of a tree: its next checkpoint, the tiles to write, and those that are not needed any more.</summary>
/// <param name="Checkpoint">The next checkpoint.</param>
/// <param name="Tiles">New tiles with their bytes, level 0 first.</param>
/// <param name="Superseded">Partial tiles and bundles whose full ones are long there.</param>
internal sealed record LogGrowth(Checkpoint Checkpoint, IReadOnlyList<(TilePath Path, byte[] Bytes)> Tiles, IReadOnlyList<TilePath> Superseded)
{
    /// <summary>Adds leaves that fit in the head's rightmost level 0 tile.</summary>
    public static LogGrowth Of(LogHead head, MerkleHash[] leaves)
    {
        long size = head.Size + leaves.Length;
        List<MerkleHash[]> edges = [.. head.Edges];
        List<(TilePath, byte[])> tiles = [];
        List<TilePath> superseded = [];
        MerkleHash[] added = leaves;
        for (int level = 0; added.Length > 0; level++)
        {
            if (level == edges.Count)
                edges.Add([]);
            MerkleHash[] tile = [.. edges[level], .. added];
            long index = TileReader.HashesAt(level, head.Size) / TilePath.FullWidth;
            tiles.Add((new TilePath(level, index, tile.Length), TileCodec.Encode(tile)));

            // Each hash that enters a tile lets one partial of the tile before go, so tidying costs every append the same.
            for (int width = edges[level].Length + 1; index > 0 && width <= Math.Min(tile.Length, TilePath.FullWidth - 1); width++)
            {
                superseded.Add(new TilePath(level, index - 1, width));
                if (level == 0)
                    superseded.Add(new TilePath(TilePath.Entries, index - 1, width));
            }

            bool full = tile.Length == TilePath.FullWidth;
            edges[level] = full ? [] : tile;
            added = full ? [MerkleTree.Root(tile)] : [];
        }

        return new LogGrowth(new Checkpoint(head.Checkpoint.Origin, size, LogHeadLoader.RootOf(edges)), tiles, superseded);
    }
}
