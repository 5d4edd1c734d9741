using System.Text;
using Bulwark.Storage;

namespace Bulwark.Audit;

/// <summary>
/// Appends to a log that other processes append to at the same time, without locks.
/// <code>
/// 1 load      checkpoint (signature, rollback) and right edge; entries that are among the last 256 already are done
/// 2 intent    a signed note that names the bundle about to be written
/// 3 bundle    created if absent. Is another there that continues this tree and has an intent, that one is finished instead;
///             any other is a leftover that no checkpoint can ever have relied on, and is replaced under its version
/// 4 tiles     they follow from the bundle, so every finisher writes the same bytes
/// 5 commit    the checkpoint, under the version read in step 1; whoever loses starts again
/// 6 tidy      what nobody needs any more goes: the intent, and the partial tiles of the tile before
/// </code>
/// A commit never spans two bundles, so that one bundle tells a finisher everything. A crash anywhere leaves the log
/// as it was, or with the bundle appended, or with a bundle that the next appender finishes or replaces.
/// </summary>
internal sealed class LogAppender(
    LogObjects objects, LogHeadLoader loader, LogSigner signer, IReadOnlyList<NoteVerifierKey> keys, CheckpointMemory memory)
{
    private const int MaxAttempts = 1000;
    private const int PatientAttempts = 4;
    private const int MaxPauseMilliseconds = 50;

    /// <summary>Appends entries in order; one that is among the last 256 entries already is not appended again.</summary>
    public async Task<AuditReceipt[]> AppendAsync(IReadOnlyList<byte[]> entries, CancellationToken cancellationToken)
    {
        MerkleHash[] leaves = [.. entries.Select(e => MerkleTree.HashLeaf(e))];
        Dictionary<MerkleHash, AuditReceipt> receipts = [];
        for (int attempt = 1; ; attempt++)
        {
            LogHead head = await loader.LoadAsync(cancellationToken);
            foreach (MerkleHash leaf in leaves)
            {
                if (!receipts.ContainsKey(leaf) && head.IndexOf(leaf) is { } index)
                    receipts.Add(leaf, new AuditReceipt(index, leaf, head.Checkpoint, head.Note));
            }

            (MerkleHash Leaf, byte[] Bytes)[] pending = [.. leaves.Zip(entries).DistinctBy(e => e.First).Where(e => !receipts.ContainsKey(e.First))];
            if (pending.Length == 0)
            {
                if (head.Size > 0)
                    await memory.RememberAsync(head.Checkpoint, head.Note, CancellationToken.None);
                return [.. leaves.Select(l => receipts[l])];
            }

            (MerkleHash Leaf, byte[] Bytes)[] batch = pending[..Math.Min(pending.Length, TilePath.FullWidth - head.Width)];
            if (await TryCommitAsync(head, [.. batch.Select(e => e.Bytes)], cancellationToken) is var (checkpoint, note))
            {
                for (int i = 0; i < batch.Length; i++)
                    receipts.Add(batch[i].Leaf, new AuditReceipt(head.Size + i, batch[i].Leaf, checkpoint, note));
                if (receipts.Count == leaves.Distinct().Count())
                    return [.. leaves.Select(l => receipts[l])];
                attempt = 0;
            }
            else if (attempt == MaxAttempts)
            {
                throw AuditException.Contended(objects.Container, attempt);
            }
            else if (attempt > PatientAttempts)
            {
                await Task.Delay(Random.Shared.Next(1, MaxPauseMilliseconds), cancellationToken);
            }
        }
    }

    /// <summary>Commits one bundle. Null when these entries were not the ones committed, whoever's were.</summary>
    private async Task<(Checkpoint Checkpoint, string Note)?> TryCommitAsync(
        LogHead head, IReadOnlyCollection<byte[]> entries, CancellationToken cancellationToken)
    {
        byte[] wanted = EntryBundle.Append(head.Bundle, entries);
        TilePath path = new(TilePath.Entries, head.Size / TilePath.FullWidth, head.Width + entries.Count);
        AppendIntent intent = new(head, path, wanted);
        await intent.WriteAsync(objects, signer, cancellationToken);
        byte[]? bundle = await PublishBundleAsync(head, path, wanted, cancellationToken);
        bool mine = bundle is not null && bundle.AsSpan().SequenceEqual(wanted);
        if (bundle is null || !EntryBundle.TrySplit(bundle, out IReadOnlyList<ReadOnlyMemory<byte>> all))
        {
            await objects.DiscardAsync(intent.Name);
            return null;
        }

        LogGrowth growth = LogGrowth.Of(head, [.. all.Skip(head.Width).Select(e => MerkleTree.HashLeaf(e.Span))]);
        foreach ((TilePath tile, byte[] bytes) in growth.Tiles)
        {
            if (!await PublishTileAsync(head, tile, bytes, cancellationToken))
            {
                await objects.DiscardAsync(intent.Name);
                return null;
            }
        }

        string note = (await signer.SignAsync(growth.Checkpoint.Text, cancellationToken)).ToString();
        WriteCondition unmoved = head.Version is null ? WriteCondition.IfAbsent : WriteCondition.IfVersion(head.Version);
        bool committed = await objects.TryWriteAsync(
            Checkpoint.ObjectName, Encoding.UTF8.GetBytes(note), unmoved, cancellationToken) is not null;

        // The entries are in the log from here on: no cancellation may make it look otherwise.
        await objects.DiscardAsync(intent.Name);
        if (!committed)
            return null;
        if (!mine)
            await objects.DiscardAsync(new AppendIntent(head, path, bundle).Name);
        await memory.RememberAsync(growth.Checkpoint, note, CancellationToken.None);
        foreach (TilePath superseded in growth.Superseded)
            await objects.DiscardAsync(superseded.ToString());
        return mine ? (growth.Checkpoint, note) : null;
    }

    /// <summary>Puts the bundle there. Returns the bundle to be committed, its own or another's; null when the log moved on.</summary>
    private async Task<byte[]?> PublishBundleAsync(LogHead head, TilePath path, byte[] wanted, CancellationToken cancellationToken)
    {
        WriteCondition condition = WriteCondition.IfAbsent;
        while (await objects.TryWriteAsync(path.ToString(), wanted, condition, cancellationToken) is null)
        {
            LogObject? present = await objects.ReadAsync(path.ToString(), EntryBundle.MaxBytes, cancellationToken);
            if (present is null)
            {
                condition = WriteCondition.IfAbsent;
                continue;
            }

            if (present.Bytes.AsSpan().SequenceEqual(wanted))
                return wanted;
            if (Continues(head, path, present.Bytes)
                && await new AppendIntent(head, path, present.Bytes).IsDeclaredAsync(objects, keys, cancellationToken))
                return present.Bytes;

            // An intent goes only after its commit, so where the checkpoint stands still nobody relies on this bundle.
            if (await HasMovedAsync(head, cancellationToken))
                return null;
            condition = WriteCondition.IfVersion(present.Reference.Version);
        }

        return wanted;
    }

    /// <summary>Puts a tile there. False when the log moved on.</summary>
    private async Task<bool> PublishTileAsync(LogHead head, TilePath path, byte[] wanted, CancellationToken cancellationToken)
    {
        WriteCondition condition = WriteCondition.IfAbsent;
        while (await objects.TryWriteAsync(path.ToString(), wanted, condition, cancellationToken) is null)
        {
            LogObject? present = await objects.ReadAsync(path.ToString(), wanted.Length, cancellationToken);
            if (present is not null && present.Bytes.AsSpan().SequenceEqual(wanted))
                return true;

            // For this tree the bundle is settled, and the tile with it: another tile is a leftover, unless the tree is the old one.
            if (await HasMovedAsync(head, cancellationToken))
                return false;
            condition = present is null ? WriteCondition.IfAbsent : WriteCondition.IfVersion(present.Reference.Version);
        }

        return true;
    }

    private async Task<bool> HasMovedAsync(LogHead head, CancellationToken cancellationToken) =>
        await objects.VersionAsync(Checkpoint.ObjectName, cancellationToken) != head.Version;

    private static bool Continues(LogHead head, TilePath path, byte[] bundle) =>
        bundle.AsSpan().StartsWith(head.Bundle)
        && EntryBundle.TrySplit(bundle, out IReadOnlyList<ReadOnlyMemory<byte>> entries) && entries.Count == path.Width;
}
