using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Protection;

/// <summary>What leaves an opened model when something is wrong with its body: nothing that was not verified, and no object.</summary>
public sealed class OpenReleaseTests
{
    private const string Body = "m.bin.enc";
    private const int Segment = 1 << 20;
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Model = MakeModel();

    private readonly MemoryObjectStore _store = new();
    private readonly ProtectionServices _services;

    public OpenReleaseTests() => _services = ProtectionTests.Services(_store);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task An_altered_segment_publishes_no_object_and_releases_only_what_comes_before_it(int altered)
    {
        await AlterAsync((altered * Segment) + 5000);
        await using OpenedModel opened = await new ModelOpener(_services).OpenAsync("out", Body, None);
        RecordingWriter writer = new();
        Assert.Equal("BW1905", (await Assert.ThrowsAsync<Bulwark.Encryption.EncryptionException>(() => opened.CopyToAsync(writer, null, None))).Code);
        int good = altered == 0 ? 0 : (altered * Segment) - 40 - (altered * 16);
        Assert.Equal(Model[..good], writer.Bytes);
        Assert.False(writer.Committed);

        writer = new();
        await Assert.ThrowsAsync<Bulwark.Encryption.EncryptionException>(() => opened.CopyRangeToAsync(good, 100, writer, None));
        Assert.Empty(writer.Bytes);
        Assert.False(writer.Committed);
        await Assert.ThrowsAsync<Bulwark.Encryption.EncryptionException>(() => opened.VerifyBodyAsync(null, None));

        // A range in front of it is not held up by it.
        if (altered > 0)
        {
            await opened.CopyRangeToAsync(good - 100, 100, writer, None);
            Assert.Equal(Model[(good - 100)..good], writer.Bytes);
        }
    }

    [Fact]
    public async Task A_body_that_changes_while_it_is_read_publishes_no_object()
    {
        await AlterAsync(null);
        await using OpenedModel opened = await new ModelOpener(_services).OpenAsync("out", Body, None);
        RecordingWriter writer = new() { AtFirstWrite = () => _store.Put("out", Body, _store.Get("out", Body)) };
        Assert.Equal("BW1004", (await Assert.ThrowsAsync<StorageException>(() => opened.CopyToAsync(writer, null, None))).Code);
        Assert.False(writer.Committed);
    }

    [Fact]
    public async Task The_log_knows_of_a_model_before_it_leaves_and_of_every_refusal()
    {
        await AlterAsync(null);
        await using (OpenedModel opened = await new ModelOpener(_services).OpenAsync("out", Body, None))
        {
            List<string>? before = null;
            RecordingWriter writer = new() { AtCommit = async () => before = await OutcomesAsync() };
            await opened.CopyToAsync(writer, null, None);
            Assert.Equal(["success", "success"], before);
        }

        await AlterAsync(5000);
        await using OpenedModel altered = await new ModelOpener(_services).OpenAsync("out", Body, None);
        await Assert.ThrowsAsync<Bulwark.Encryption.EncryptionException>(() => altered.VerifyBodyAsync(null, None));
        Assert.Equal("refused", (await OutcomesAsync())[^1]);
    }

    [Fact]
    public async Task A_cancelled_open_publishes_no_object()
    {
        await AlterAsync(null);
        using CancellationTokenSource stop = new();
        await using OpenedModel opened = await new ModelOpener(_services).OpenAsync("out", Body, None);
        RecordingWriter writer = new() { AtFirstWrite = stop.Cancel };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opened.CopyToAsync(writer, null, stop.Token));
        Assert.False(writer.Committed);
    }

    private static byte[] MakeModel()
    {
        byte[] bytes = new byte[(3 * Segment) + 100_000];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    private async Task<List<string>> OutcomesAsync()
    {
        List<string> outcomes = [];
        await foreach (Bulwark.Audit.AuditRecord record in _services.Audit.ReadAsync())
            outcomes.Add(record.Entry.Outcome);
        return outcomes;
    }

    private async Task AlterAsync(int? position)
    {
        await new ModelProtector(_services).ProtectAsync(_store.Put("in", "m.bin", Model), "out", new ProtectionOptions(), null, None);
        byte[] body = [.. _store.Get("out", Body)];
        if (position is { } at)
            body[at] ^= 0x10;
        _store.Put("out", Body, body);
    }

    private sealed class RecordingWriter : IObjectWriter
    {
        private readonly MemoryStream _bytes = new();

        public Action? AtFirstWrite { get; set; }

        public Func<Task>? AtCommit { get; init; }

        public bool Committed { get; private set; }

        public byte[] Bytes => _bytes.ToArray();

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            AtFirstWrite?.Invoke();
            AtFirstWrite = null;
            cancellationToken.ThrowIfCancellationRequested();
            _bytes.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public async Task<ObjectRef> CommitAsync(CancellationToken cancellationToken)
        {
            await (AtCommit?.Invoke() ?? Task.CompletedTask);
            Committed = true;
            return new ObjectRef("memory", "c", "n", "v", _bytes.Length);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
