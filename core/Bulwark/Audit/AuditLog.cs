using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Bulwark.Keys;
using Bulwark.State;
using Bulwark.Storage;

namespace Bulwark.Audit;

/// <summary>
/// An append-only log of what was done to models and keys, in a container of its own.
/// Anyone with the verifier key can check that nothing in it was altered, dropped or reordered, with this library or with any
/// tool that reads C2SP tlog-tiles. Safe for concurrent use, and for any number of processes on one container.
/// <code>
/// checkpoint               signed note: origin, size, root          the only object that is ever replaced on purpose
/// tile/L/N[.p/W]           hashes
/// tile/entries/N[.p/W]     entries (AuditEntry's JSON), uint16 length before each
/// intent/HEX               appends under way (AppendIntent); no part of the log
/// </code>
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose of.")]
public sealed class AuditLog
{
    private readonly LogObjects _objects;
    private readonly LogHeadLoader _loader;
    private readonly LogAppender _appender;
    private readonly AuditLogVerifier _verifier;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Opens a log; the first append makes it.</summary>
    /// <param name="store">Where the log's objects are.</param>
    /// <param name="container">The container that holds this log and nothing else.</param>
    /// <param name="key">The Ed25519 key that signs checkpoints.</param>
    /// <param name="origin">The log's name, a URL without scheme by custom: no spaces, no '+'.</param>
    /// <param name="time">Stamps entries.</param>
    /// <param name="state">Remembers the last checkpoint seen, apart from the log, so that a rollback is noticed; optional.</param>
    /// <param name="retiredKeys">Keys that may have signed the present checkpoint before a rotation.</param>
    /// <exception cref="AuditException">BW1311: no Ed25519 key, or a bad origin.</exception>
    public AuditLog(
        IObjectStore store, string container, ISigningKey key, string origin, TimeProvider time,
        IStateStore? state = null, IReadOnlyList<NoteVerifierKey>? retiredKeys = null)
    {
        LogSigner signer = new(key, origin);
        NoteVerifierKey[] keys = [signer.VerifierKey, .. retiredKeys ?? []];
        CheckpointMemory memory = new(state, origin, keys);
        _objects = new LogObjects(store, container);
        _loader = new LogHeadLoader(_objects, origin, keys, memory);
        _appender = new LogAppender(_objects, _loader, signer, keys, memory);
        _verifier = new AuditLogVerifier(store, container, origin, keys, state);
        _time = time;
        VerifierKey = signer.VerifierKey;
    }

    /// <summary>What others need to verify this log; publish it apart from the log.</summary>
    public NoteVerifierKey VerifierKey { get; }

    /// <summary>Gives an entry its id and time where it has none. Append the stamped entry when an append may be tried again.</summary>
    public AuditEntry Stamp(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        DateTimeOffset time = entry.Time ?? _time.GetUtcNow();
        return entry with { Time = time, Id = entry.Id ?? Guid.CreateVersion7(time).ToString() };
    }

    /// <summary>
    /// Appends an entry. When the task completes the entry is in the log under a signed checkpoint. When it fails the entry may be
    /// there or not; appending the same stamped entry again puts it there once, as long as fewer than 256 others came between.
    /// </summary>
    /// <exception cref="AuditException">
    /// BW1308 the entry is refused; BW1301 to BW1307 and BW1313 the log is not in a state to be continued; BW1310 contention.
    /// </exception>
    public async Task<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default) =>
        (await AppendAsync([entry], cancellationToken))[0];

    /// <summary>
    /// Appends entries in order. Up to 256 share a commit, so a batch may be in the log in part when this fails; appending it again
    /// completes it.
    /// </summary>
    public async Task<IReadOnlyList<AuditReceipt>> AppendAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entries);
        byte[][] bytes = [.. entries.Select(e => Stamp(e).ToBytes())];
        if (bytes.Length == 0)
            return [];
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await _appender.AppendAsync(bytes, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Reads the whole log and checks every byte of it. See <see cref="AuditLogVerifier.VerifyAsync"/>.</summary>
    public Task<AuditReport> VerifyAsync(IProgress<long>? progress = null, CancellationToken cancellationToken = default) =>
        _verifier.VerifyAsync(progress, cancellationToken);

    /// <summary>The present checkpoint, verified together with the right edge.</summary>
    /// <exception cref="AuditException">BW1301 to BW1307, BW1313.</exception>
    public async Task<Checkpoint> HeadAsync(CancellationToken cancellationToken = default) => (await _loader.LoadAsync(cancellationToken)).Checkpoint;

    /// <summary>Reads entries from an index on, each checked against the signed tree before it is returned.</summary>
    /// <exception cref="AuditException">BW1307 when an entry is not what was logged, BW1309 when it was not written by Bulwark.</exception>
    public async IAsyncEnumerable<AuditRecord> ReadAsync(long from = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        LogHead head = await _loader.LoadAsync(cancellationToken);
        if (from < 0 || from > head.Size)
            throw AuditException.OutOfRange("index", from, head.Size);
        TileReader tiles = new(_objects, head.Size);
        for (long index = from / TilePath.FullWidth; index * TilePath.FullWidth < head.Size; index++)
        {
            tiles.Clear();
            TilePath path = TileReader.TileAt(TilePath.Entries, index, head.Size);
            long first = index * TilePath.FullWidth;
            IReadOnlyList<ReadOnlyMemory<byte>> entries = [];
            if (await TileReader.ReadBundleAsync(_objects, path, cancellationToken) is { } found)
                EntryBundle.TrySplit(found.Bytes, out entries);
            if (entries.Count < path.Width)
                throw AuditException.Damaged(path.ToString(), "it is missing or cut short");
            MerkleHash[] leaves = [.. entries.Take(path.Width).Select(e => MerkleTree.HashLeaf(e.Span))];
            await EnsureLoggedAsync(head, tiles, path, leaves, cancellationToken);
            for (int i = (int)Math.Max(0, from - first); i < path.Width; i++)
                yield return new AuditRecord(first + i, AuditEntry.Parse(entries[i].Span));
        }
    }

    /// <summary>A proof, with its signed checkpoint, that an entry is in the log; O(log n) reads.</summary>
    /// <exception cref="AuditException">BW1312 when there is no such entry, BW1307 when the tiles do not support it.</exception>
    public async Task<LogProof> ProveInclusionAsync(long index, CancellationToken cancellationToken = default)
    {
        LogHead head = await _loader.LoadAsync(cancellationToken);
        if (index < 0 || index >= head.Size)
            throw AuditException.OutOfRange("entry", index, head.Size);
        TileReader tiles = new(_objects, head.Size);
        InclusionProof proof = await tiles.InclusionAsync(index, cancellationToken);
        if (!proof.Verifies(await tiles.NodeAsync(0, index, cancellationToken), head.Checkpoint.Root))
            throw AuditException.Damaged($"The path to entry {index}", "its tiles do not hash to the signed root");
        return new LogProof(index, proof.Path, head.Note);
    }

    /// <summary>A proof that the present tree continues an earlier one; O(log n) reads. Check it against the earlier root.</summary>
    /// <exception cref="AuditException">BW1312 when the log is smaller, BW1307 when tiles are missing.</exception>
    public async Task<ConsistencyProof> ProveConsistencyAsync(long oldSize, CancellationToken cancellationToken = default)
    {
        LogHead head = await _loader.LoadAsync(cancellationToken);
        if (oldSize < 0 || oldSize > head.Size)
            throw AuditException.OutOfRange("size", oldSize, head.Size);
        return await new TileReader(_objects, head.Size).ConsistencyAsync(oldSize, cancellationToken);
    }

    private static async Task EnsureLoggedAsync(
        LogHead head, TileReader tiles, TilePath path, MerkleHash[] leaves, CancellationToken cancellationToken)
    {
        // The partial bundle was checked with the head; a full one is a node of the tree, to which a path must lead.
        bool logged = path.Width < TilePath.FullWidth
            ? leaves.AsSpan().SequenceEqual(head.Edges[0])
            : await tiles.LeadsToAsync(path.Index, MerkleTree.Root(leaves), head.Edges, cancellationToken);
        if (!logged)
            throw AuditException.Damaged(path.ToString(), "an entry in it is not the one that was logged");
    }
}
