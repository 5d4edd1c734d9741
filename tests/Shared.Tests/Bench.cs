using Bulwark.Audit;
using Bulwark.Findings;
using Bulwark.Functions.Events;
using Bulwark.Keys;
using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Testing;
using Microsoft.Extensions.Logging;

namespace Bulwark.Functions.Tests;

/// <summary>The functions' services in memory, and the bytes of models that end differently.</summary>
internal sealed class Bench
{
    public static readonly CancellationToken None = CancellationToken.None;
    public static readonly byte[] Malicious = "cposix\nsystem\n(S'id'\ntR."u8.ToArray();

    public Bench()
    {
        PemSigningKey signing = PemSigningKey.Generate();
        MemoryStateStore state = new();
        Services = new FunctionServices
        {
            Protection = new ProtectionServices
            {
                Store = Store,
                State = state,
                Audit = new AuditLog(LogStore, "audit", Ed25519SigningKey.Generate(), "bulwark.test/log", TimeProvider.System, state),
                Findings = new StateFindingSink(state),
                QuarantineContainer = "quarantine",
                SigningKey = signing,
                TrustedKeys = [VerificationKey.FromPem(signing.PublicKeyPem)],
                WrappingKeys = [KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson())],
                Clock = TimeProvider.System,
                Actor = "test",
            },
            ProtectedContainer = "protected",
            Logger = Log,
            Settings = new FunctionSettings { ClaimPoll = TimeSpan.FromMilliseconds(10) },
        };
    }

    public MemoryObjectStore Store { get; } = new();

    public MemoryObjectStore LogStore { get; } = new();

    public ListLogger Log { get; } = new();

    public FunctionServices Services { get; set; }

    public static FunctionContext Context { get; } = new()
    {
        InvocationId = "i-1",
        Function = nameof(ProtectModel),
        Deadline = DateTimeOffset.MaxValue,
    };

    public static byte[] Model(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    public ObjectUploaded Upload(string name, byte[] bytes) => Event(Store.Put("uploads", name, bytes));

    public static ObjectUploaded Event(ObjectRef source) => new()
    {
        Store = source.Store,
        Container = source.Container,
        Name = source.Name,
        Version = source.Version,
        Size = source.Size,
    };

    public async Task<byte[]> OpenAsync(string body)
    {
        await using OpenedModel opened = await new ModelOpener(Services.Protection).OpenAsync("protected", body, None);
        await using IObjectWriter writer = await Store.CreateAsync("opened", body, WriteCondition.Any, None);
        await opened.CopyToAsync(writer, null, None);
        return Store.Get("opened", body);
    }

    public async Task<List<string>> NamesAsync(string container)
    {
        List<string> names = [];
        await foreach (ObjectRef found in Store.ListAsync(container, "", None))
            names.Add(found.Name);
        return names;
    }

    public async Task<List<AuditEntry>> AuditAsync()
    {
        List<AuditEntry> entries = [];
        await foreach (AuditRecord record in Services.Protection.Audit.ReadAsync())
            entries.Add(record.Entry);
        return entries;
    }
}

/// <summary>A log that remembers the names of its events.</summary>
internal sealed class ListLogger : ILogger
{
    public List<(string Event, string Message, Exception? Error)> Entries { get; } = [];

    public IEnumerable<string> Events => Entries.Select(e => e.Event);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Entries)
            Entries.Add((eventId.Name ?? "", formatter(state, exception), exception));
    }
}
