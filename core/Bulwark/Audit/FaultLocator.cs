namespace Bulwark.Audit;

/// <summary>
/// Finds the entries that keep a log from its signed root. Goes down from the root and takes at each tile the copy of its hashes that
/// leads to the hash above (<see cref="LogEvidence"/>), until the authentic leaf hashes stand beside the entries.
/// Reads the log again, some of it several times: it only runs when something is wrong.
/// </summary>
internal sealed class FaultLocator(LogObjects objects, Checkpoint checkpoint, LogScan scan, long provenPrefix)
{
    /// <summary>Faults in a report at most.</summary>
    public const int MaxFaults = 64;

    private const int MaxCombinations = 4096;

    private readonly LogEvidence _evidence = new(objects, checkpoint.Size);
    private readonly List<(AuditFault Fault, MerkleHash? Logged)> _faults = [];

    /// <summary>The faults in the order of the log; never empty.</summary>
    public async Task<IReadOnlyList<AuditFault>> LocateAsync(CancellationToken cancellationToken)
    {
        if (await FindEdgesAsync(cancellationToken) is not { } edges)
            return [await SuspectAsync(cancellationToken)];
        for (int level = edges.Length - 1; level >= 0; level--)
        {
            long index = TileReader.HashesAt(level, checkpoint.Size) / TilePath.FullWidth;
            if (level == 0 && edges[0].Length > 0)
                await CompareAsync(index, edges[0], cancellationToken);
            for (int i = 0; level > 0 && i < edges[level].Length; i++)
                await DescendAsync(level - 1, (index * TilePath.FullWidth) + i, edges[level][i], cancellationToken);
        }

        await FindMovedAsync(cancellationToken);
        return _faults.Count > 0 ? [.. _faults.Select(f => f.Fault)] : [await SuspectAsync(cancellationToken)];
    }

    /// <summary>The authentic hashes of the rightmost tiles; null when no combination of copies leads to the signed root.</summary>
    private async Task<MerkleHash[][]?> FindEdgesAsync(CancellationToken cancellationToken)
    {
        foreach (bool withOlder in new[] { false, true })
        {
            List<List<MerkleHash[]>> versions = [];
            for (int level = 0; TileReader.HashesAt(level, checkpoint.Size) > 0; level++)
            {
                long hashes = TileReader.HashesAt(level, checkpoint.Size);
                versions.Add(hashes % TilePath.FullWidth == 0
                    ? [[]]
                    : await _evidence.VersionsAsync(level, hashes / TilePath.FullWidth, withOlder, cancellationToken));
            }

            if (versions.Any(v => v.Count == 0))
                return null;
            var edges = new MerkleHash[versions.Count][];
            long combinations = versions.Aggregate(1L, (product, v) => Math.Min(MaxCombinations, product * v.Count));
            for (long n = 0; n < combinations; n++)
            {
                long rest = n;
                for (int level = 0; level < edges.Length; level++)
                {
                    edges[level] = versions[level][(int)(rest % versions[level].Count)];
                    rest /= versions[level].Count;
                }

                if (LogHeadLoader.RootOf(edges) == checkpoint.Root)
                    return edges;
            }
        }

        return null;
    }

    private async Task DescendAsync(int level, long index, MerkleHash expected, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_faults.Count >= MaxFaults)
            return;
        MerkleHash[]? authentic = null;
        for (int source = level; authentic is null && source >= TilePath.Entries; source--)
        {
            MerkleHash[]? hashes = await _evidence.HashesAsync(level, index, source, cancellationToken);
            if (hashes is not null && MerkleTree.Root(hashes) == expected)
                authentic = hashes;
            if (authentic is not null && source == TilePath.Entries)
                return;
        }

        if (authentic is null && level == 0)
            authentic = (await _evidence.VersionsAsync(0, index, withOlder: true, cancellationToken)).Find(v => MerkleTree.Root(v) == expected);
        if (authentic is null)
        {
            long each = 1L << (8 * level);
            long first = index * TilePath.FullWidth * each;
            TilePath path = TileReader.TileAt(level, index, checkpoint.Size);
            _faults.Add((new AuditFault(
                AuditFaultKind.Altered, first, first + (TilePath.FullWidth * each) - 1, path.ToString(),
                "neither the entries nor any tile over them lead to the signed root: both were replaced, and nothing is left that tells which entry it was"), null));
            return;
        }

        if (level == 0)
        {
            await CompareAsync(index, authentic, cancellationToken);
            return;
        }

        for (int i = 0; i < authentic.Length; i++)
            await DescendAsync(level - 1, (index * TilePath.FullWidth) + i, authentic[i], cancellationToken);
    }

    /// <summary>Sets a bundle beside its authentic leaf hashes and says what became of the first entry that differs.</summary>
    private async Task CompareAsync(long index, MerkleHash[] logged, CancellationToken cancellationToken)
    {
        long first = index * TilePath.FullWidth;
        string name = TileReader.TileAt(TilePath.Entries, index, checkpoint.Size).ToString();
        if (await _evidence.LeavesAsync(index, cancellationToken) is not { } present)
        {
            _faults.Add((new AuditFault(AuditFaultKind.Missing, first, first + logged.Length - 1, name, "the bundle is gone; its tile says what it held"), null));
            return;
        }

        int at = present.AsSpan().CommonPrefixLength(logged);
        if (at == logged.Length)
            return;
        (AuditFaultKind kind, string evidence) = Judge(logged, present, at, first);
        if (kind == AuditFaultKind.Altered && at == logged.Length - 1
            && await _evidence.HashesAsync(0, index + 1, 0, cancellationToken) is { } next && next[0] == present[at])
            (kind, evidence) = (AuditFaultKind.Missing, "the entry logged after it stands in its place");
        _faults.Add((new AuditFault(kind, first + at, first + at, name, evidence), logged[at]));
    }

    private static (AuditFaultKind Kind, string Evidence) Judge(MerkleHash[] logged, MerkleHash[] present, int at, long first)
    {
        int elsewhere = Array.IndexOf(present, logged[at]);
        if (elsewhere == at + 1 && present.Length > logged.Length)
            return (AuditFaultKind.Inserted, $"it stands at {first + elsewhere}, after something the tile does not know");
        if (elsewhere >= 0)
            return (AuditFaultKind.OutOfOrder, $"what was logged there stands at {first + elsewhere}");
        if (at >= present.Length)
            return (AuditFaultKind.Missing, $"the bundle ends after {present.Length} of {logged.Length} entries");
        bool movedUp = at + 1 < logged.Length && present[at] == logged[at + 1]
            && (at + 1 >= present.Length || at + 2 >= logged.Length || present[at + 1] == logged[at + 2]);
        return movedUp
            ? (AuditFaultKind.Missing, "the entry logged after it stands in its place")
            : (AuditFaultKind.Altered, $"it hashes to {present[at]}, and {logged[at]} was logged");
    }

    /// <summary>Looks through all bundles for entries that seem altered or missing but only stand elsewhere.</summary>
    private async Task FindMovedAsync(CancellationToken cancellationToken)
    {
        Dictionary<MerkleHash, int> sought = [];
        for (int i = 0; i < _faults.Count; i++)
        {
            if (_faults[i] is { Logged: { } logged, Fault.Kind: AuditFaultKind.Altered or AuditFaultKind.Missing })
                sought.TryAdd(logged, i);
        }

        for (long index = 0; sought.Count > 0 && index * TilePath.FullWidth < checkpoint.Size; index++)
        {
            MerkleHash[] leaves = await _evidence.LeavesAsync(index, cancellationToken) ?? [];
            for (int i = 0; i < leaves.Length; i++)
            {
                if (!sought.Remove(leaves[i], out int fault))
                    continue;
                _faults[fault] = (_faults[fault].Fault with
                {
                    Kind = AuditFaultKind.OutOfOrder,
                    Evidence = $"what was logged there stands at {(index * TilePath.FullWidth) + i}",
                }, leaves[i]);
            }
        }
    }

    /// <summary>
    /// The best guess where nothing leads to the signed root: after what is proven by the remembered checkpoint, the first place where
    /// copies disagree, or else the first that no older copy vouches for.
    /// </summary>
    private async Task<AuditFault> SuspectAsync(CancellationToken cancellationToken)
    {
        long size = checkpoint.Size;
        long index = (size - 1) / TilePath.FullWidth;
        long first = index * TilePath.FullWidth;
        TilePath tile = TileReader.TileAt(0, index, size);
        string name = TileReader.TileAt(TilePath.Entries, index, size).ToString();
        MerkleHash[]? present = await _evidence.LeavesAsync(index, cancellationToken);
        List<MerkleHash[]> older = await _evidence.OlderAsync(tile, cancellationToken);
        int vouched = older.Count > 0 ? older[0].Length : 0;
        if (present is null || present.Length < tile.Width)
        {
            long lost = Math.Max(provenPrefix, first + Math.Max(present?.Length ?? 0, present is null ? vouched : 0));
            return new AuditFault(AuditFaultKind.Missing, lost, size - 1, name, "the checkpoint counts them, but bundle and tile do not have them");
        }

        if (scan.FirstDisagreement is { } disagreement)
        {
            return new AuditFault(
                AuditFaultKind.Altered, Math.Max(provenPrefix, disagreement), size - 1, name,
                "here entries and tile disagree, and neither leads to the signed root");
        }

        foreach (MerkleHash[] copy in older)
        {
            int same = copy.AsSpan().CommonPrefixLength(present);
            if (same < copy.Length)
                vouched = Math.Min(vouched, same);
        }

        long suspect = Math.Max(provenPrefix, vouched > 0 ? first + vouched : 0);
        return new AuditFault(
            AuditFaultKind.Altered, suspect, size - 1, name,
            "entries and tiles agree with each other but not with the signed root: both were replaced"
            + (vouched > 0 ? $"; older copies of the tile bear out the entries before {first + vouched}" : ""));
    }
}
