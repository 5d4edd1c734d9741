using System.Runtime.CompilerServices;
using Bulwark.Audit;
using Bulwark.Keys;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Audit;

/// <summary>A log in memory, with what the tests do to it.</summary>
internal sealed class AuditLogHarness
{
    public const string Origin = "example.com/bulwark/audit";
    public const string Container = "audit";

    public MemoryObjectStore Store { get; init; } = new();

    public Ed25519SigningKey Key { get; init; } = SignedNoteTests.SigningKey([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    public MemoryStateStore? State { get; init; }

    public AuditLog Log(IObjectStore? store = null) => new(store ?? Store, Container, Key, Origin, TimeProvider.System, State);

    public Task<AuditReport> VerifyAsync() => Log().VerifyAsync();

    public static AuditEntry Entry(int n, int padding = 0) => new()
    {
        Id = $"event-{n}",
        Time = DateTimeOffset.UnixEpoch.AddSeconds(n),
        Actor = "tester",
        Action = "model.protected",
        Subject = new AuditSubject { Store = "memory", Container = "models", Name = $"m{n}.safetensors", Version = "1" },
        Outcome = "success",
        Digests = new Dictionary<string, string> { ["sha256"] = n.ToString("x64", System.Globalization.CultureInfo.InvariantCulture) },
        Details = padding == 0 ? null : new Dictionary<string, string> { ["padding"] = new string('x', padding) },
    };

    public static AuditEntry[] Entries(int from, int count) => [.. Enumerable.Range(from, count).Select(n => Entry(n))];

    public static byte[][] Bytes(int count) => [.. Entries(0, count).Select(e => e.ToBytes())];

    /// <summary>A log of that many entries, committed in steps of at most that many.</summary>
    public static async Task<AuditLogHarness> WithAsync(int count, int step, MemoryStateStore? state = null)
    {
        AuditLogHarness harness = new() { State = state };
        AuditLog log = harness.Log();
        for (int at = 0; at < count; at += step)
            await log.AppendAsync(Entries(at, Math.Min(step, count - at)));
        return harness;
    }

    public byte[] Get(string name) => Store.Get(Container, name);

    public void Put(string name, byte[] bytes) => Store.Put(Container, name, bytes);

    public async Task DeleteAsync(string name) => await Store.DeleteAsync((await Store.FindAsync(Container, name, default))!, default);

    public async Task<List<string>> NamesAsync()
    {
        List<string> names = [];
        await foreach (ObjectRef reference in Store.ListAsync(Container, "", default))
            names.Add(reference.Name);
        return names;
    }

    /// <summary>A copy of every object in a store of its own.</summary>
    public async Task<AuditLogHarness> CopyAsync()
    {
        AuditLogHarness copy = new() { Key = Key, State = State };
        foreach (string name in await NamesAsync())
            copy.Put(name, Get(name));
        return copy;
    }

    public static List<byte[]> Split(byte[] bundle)
    {
        Assert.True(EntryBundle.TrySplit(bundle, out IReadOnlyList<ReadOnlyMemory<byte>> entries));
        return [.. entries.Select(e => e.ToArray())];
    }

    public void EditBundle(string name, Action<List<byte[]>> edit)
    {
        List<byte[]> entries = Split(Get(name));
        edit(entries);
        Put(name, EntryBundle.Append([], entries));
    }

    /// <summary>What the naive reader finds; it throws when anything does not fit.</summary>
    public List<byte[]> ReadNaively() => NaiveTree.ReadLog(Get, Log().VerifierKey.PublicKey.ToArray());

    public async Task AssertHoldsAsync(int count)
    {
        AuditReport report = await VerifyAsync();
        Assert.True(report.IsIntact, report.FirstFault?.ToString());
        Assert.Equal(count, report.Size);
        Assert.Equal(count, report.EntriesRead);
        List<byte[]> entries = ReadNaively();
        Assert.Equal(count, entries.Count);
        Assert.Equal(count, entries.Select(Convert.ToHexString).Distinct().Count());
    }

    /// <summary>A store that fails at its n-th commit, before or after the object became visible.</summary>
    internal sealed class FailingStore(IObjectStore inner, int failAt, bool afterwards) : IObjectStore
    {
        private int _commits;

        public bool HasFailed { get; private set; }

        private bool CountCommit() => HasFailed |= ++_commits >= failAt;

        private bool FailsAfterwards => afterwards;

        public Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken) => inner.FindAsync(container, name, cancellationToken);

        public Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken) => inner.OpenReadAsync(reference, cancellationToken);

        public async Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken) =>
            new Writer(this, await inner.CreateAsync(container, name, condition, cancellationToken));

        public IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, CancellationToken cancellationToken) =>
            inner.ListAsync(container, prefix, cancellationToken);

        public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken) =>
            HasFailed ? throw new IOException("The process is dead.") : inner.DeleteAsync(reference, cancellationToken);

        private sealed class Writer(FailingStore store, IObjectWriter inner) : IObjectWriter
        {
            public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => inner.WriteAsync(bytes, cancellationToken);

            public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

            public async Task<ObjectRef> CommitAsync(CancellationToken cancellationToken)
            {
                bool fails = store.CountCommit();
                if (fails && !store.FailsAfterwards)
                    throw new IOException("The process died before a write.");
                ObjectRef reference = await inner.CommitAsync(cancellationToken);
                return fails ? throw new IOException("The process died after a write.") : reference;
            }

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }

    /// <summary>Hands every call to another thread, so that appenders interleave.</summary>
    internal sealed class YieldingStore(IObjectStore inner) : IObjectStore
    {
        public async Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return await inner.FindAsync(container, name, cancellationToken);
        }

        public async Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return await inner.OpenReadAsync(reference, cancellationToken);
        }

        public async Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return await inner.CreateAsync(container, name, condition, cancellationToken);
        }

        public async IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (ObjectRef reference in inner.ListAsync(container, prefix, cancellationToken))
                yield return reference;
        }

        public async Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken)
        {
            await Task.Yield();
            await inner.DeleteAsync(reference, cancellationToken);
        }
    }
}
