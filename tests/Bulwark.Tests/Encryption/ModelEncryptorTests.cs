using System.Security.Cryptography;
using System.Text;
using Bulwark.Encryption;
using Bulwark.Keys;
using Bulwark.Storage;
using Bulwark.Testing;
using CsCheck;

namespace Bulwark.Tests.Encryption;

/// <summary>What is written has the documented layout: a reader that shares no code with the writer decrypts it.</summary>
public sealed class ModelEncryptorTests
{
    private static readonly HashAlgorithmName[] Hashes = [HashAlgorithmName.SHA1, HashAlgorithmName.SHA256, HashAlgorithmName.SHA512];

    public static IEnumerable<object[]> Parameters =>
        from derived in new[] { 16, 32 }
        from size in new[] { 57, 58, 100, 256, 4096 }
        from hash in Hashes
        select new object[] { derived, size, hash.Name! };

    [Theory]
    [MemberData(nameof(Parameters))]
    public async Task A_naive_reader_decrypts_every_length_around_the_boundaries(int derivedKeySize, int segmentSize, string hash)
    {
        StreamingAeadParameters parameters = new(derivedKeySize, segmentSize, new HashAlgorithmName(hash));
        SegmentLayout layout = parameters.Layout;
        long[] edges = [0, 1, layout.FirstCapacity, layout.FirstCapacity + layout.Capacity, layout.FirstCapacity + (3L * layout.Capacity)];
        foreach (int length in edges.SelectMany(e => new[] { e - 1, e, e + 1 }).Where(n => n >= 0).Distinct().Select(n => (int)n))
            await RoundTrip(length, parameters);
    }

    [Fact]
    public async Task A_naive_reader_decrypts_segments_of_1_MiB()
    {
        foreach (int length in new[] { 0, (1 << 20) - 57, (1 << 20) - 56, (1 << 20) - 55, (1 << 21) - 72, (3 << 20) + 12345 })
            await RoundTrip(length, StreamingAeadParameters.Aes256GcmHkdf1MB);
    }

    [Fact]
    public async Task A_naive_reader_decrypts_segments_larger_and_smaller_than_a_run()
    {
        foreach (int segmentSize in new[] { 300_000, 524_288, 600_000, 1_500_000 })
            await RoundTrip(3_333_333, new StreamingAeadParameters(32, segmentSize, HashAlgorithmName.SHA256));
    }

    [Fact]
    public async Task Any_length_and_segment_size_round_trips()
    {
        await Gen.Select(Gen.Bool.Select(b => b ? 16 : 32), Gen.Int[57, 700], Gen.Int[0, 4000], Gen.Int[0, 2]).SampleAsync(
            async (derived, size, length, hash) => await RoundTrip(length, new StreamingAeadParameters(derived, size, Hashes[hash])), iter: 60);
    }

    [Fact]
    public void Segments_encrypted_on_many_threads_in_any_order_make_the_same_body()
    {
        using StreamingKeyset keyset = StreamingKeyset.Generate(new StreamingAeadParameters(32, 128, HashAlgorithmName.SHA256));
        StreamingAeadKey key = keyset.Primary;
        byte[] plaintext = RandomNumberGenerator.GetBytes(100_000);
        using SegmentEncryptor encryptor = new(key, "x"u8);
        SegmentLayout layout = encryptor.Layout;
        int count = (int)layout.SegmentCount(plaintext.Length);
        byte[] body = new byte[layout.CiphertextLength(plaintext.Length)];
        encryptor.Header.CopyTo(body);
        int[] order = [.. Enumerable.Range(0, count)];
        new Random(5).Shuffle(order);
        Parallel.ForEach(order, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => encryptor.Encrypt(
            i,
            i == count - 1,
            plaintext.AsSpan((int)layout.PlaintextOffset(i), layout.PlaintextLengthOf(i, plaintext.Length)),
            body.AsSpan((int)layout.CiphertextOffset(i), layout.PlaintextLengthOf(i, plaintext.Length) + 16)));

        Assert.Equal(plaintext, NaiveTinkReader.Decrypt(body, NaiveTinkReader.ReadKey(keyset.ToJson()), "x"u8.ToArray()));

        byte[] opened = new byte[plaintext.Length];
        using SegmentDecryptor decryptor = new(key, body, "x"u8);
        Parallel.ForEach(order, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            int length = layout.PlaintextLengthOf(i, plaintext.Length);
            decryptor.Decrypt(
                i, i == count - 1, body.AsSpan((int)layout.CiphertextOffset(i), length + 16), opened.AsSpan((int)layout.PlaintextOffset(i), length));
        });
        Assert.Equal(plaintext, opened);
    }

    [Fact]
    public void A_segment_can_be_encrypted_in_place_but_only_once()
    {
        using StreamingAeadKey key = StreamingAeadKey.Generate(new StreamingAeadParameters(32, 100, HashAlgorithmName.SHA256));
        using SegmentEncryptor encryptor = new(key, default);
        byte[] apart = new byte[100], buffer = new byte[100];
        encryptor.Encrypt(1, false, new byte[84], buffer);
        Assert.Throws<InvalidOperationException>(() => encryptor.Encrypt(1, false, new byte[84], apart));
        Assert.Throws<InvalidOperationException>(() => encryptor.Encrypt(1, true, new byte[84], apart));

        byte[] inPlace = [.. Enumerable.Repeat((byte)7, 84), .. new byte[16]];
        encryptor.Encrypt(2, true, inPlace.AsSpan(0, 84), inPlace);
        Assert.Throws<InvalidOperationException>(() => encryptor.Encrypt(3, false, new byte[84], apart));
        Assert.Throws<InvalidOperationException>(() => encryptor.Encrypt(0, true, new byte[44], apart));
        encryptor.Encrypt(0, false, new byte[44], apart);
        Assert.Throws<InvalidOperationException>(() => encryptor.Encrypt(0, false, new byte[44], apart));

        using SegmentDecryptor decryptor = new(key, encryptor.Header.Span, default);
        decryptor.Decrypt(2, true, inPlace, inPlace);
        Assert.All(inPlace[..84], b => Assert.Equal(7, b));
    }

    [Fact]
    public void A_segment_of_the_wrong_length_is_not_encrypted()
    {
        using StreamingAeadKey key = StreamingAeadKey.Generate(new StreamingAeadParameters(32, 100, HashAlgorithmName.SHA256));
        using SegmentEncryptor encryptor = new(key, default);
        byte[] destination = new byte[200];
        foreach ((long index, bool last, int length) in new[] { (0L, false, 43), (0L, true, 45), (1L, false, 83), (1L, true, 85), (1L, true, 0) })
            Assert.Throws<ArgumentException>(() => encryptor.Encrypt(index, last, new byte[length], destination));
        Assert.Throws<ArgumentOutOfRangeException>(() => encryptor.Encrypt(-1, false, new byte[84], destination));
        Assert.Throws<ArgumentOutOfRangeException>(() => encryptor.Encrypt(1L << 32, true, new byte[84], destination));
        Assert.Throws<ArgumentOutOfRangeException>(() => encryptor.Encrypt(1, false, new byte[84], new byte[99]));
    }

    [Fact]
    public async Task Two_bodies_of_one_plaintext_share_neither_header_nor_key()
    {
        using EncryptedModel a = await EncryptedModel.MakeAsync(100);
        using EncryptedModel b = await EncryptedModel.MakeAsync(100);
        Assert.NotEqual(a.Body[1..40], b.Body[1..40]);
        Assert.NotEqual(await a.KeysetJsonAsync(), await b.KeysetJsonAsync());
        Assert.NotEqual(a.Body[40..], b.Body[40..]);
    }

    [Fact]
    public async Task Progress_ends_at_the_length_of_the_plaintext()
    {
        MemoryObjectStore store = new();
        await using IObjectReader source = await store.OpenReadAsync(store.Put("c", "m", new byte[3_000_000]), CancellationToken.None);
        await using IObjectWriter body = await store.CreateAsync("c", "m.enc", WriteCondition.Any, CancellationToken.None);
        using KeysetWrappingKey kek = KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson());
        Steps steps = new();
        await new ModelEncryptor().EncryptAsync(source, body, "", [kek], steps, CancellationToken.None);
        Assert.Equal([1_048_520, 2_097_080, 3_000_000], steps.Seen);
    }

    [Fact]
    public async Task A_cancelled_encryption_stops_and_a_failing_sink_is_reported_as_it_failed()
    {
        MemoryObjectStore store = new();
        await using IObjectReader source = await store.OpenReadAsync(store.Put("c", "m", new byte[8_000_000]), CancellationToken.None);
        using KeysetWrappingKey kek = KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson());
        using CancellationTokenSource cancel = new();
        await using FailingWriter cancelling = new(2, cancel.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ModelEncryptor().EncryptAsync(source, cancelling, "", [kek], null, cancel.Token));
        await using FailingWriter failing = new(3, () => throw StorageException.NoSpace("m.enc"));
        StorageException failure = await Assert.ThrowsAsync<StorageException>(
            () => new ModelEncryptor().EncryptAsync(source, failing, "", [kek], null, CancellationToken.None));
        Assert.Equal("BW1006", failure.Code);
    }

    private static async Task RoundTrip(int length, StreamingAeadParameters parameters)
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(length, parameters, "models/ä");
        byte[] associatedData = Encoding.UTF8.GetBytes("models/ä");
        NaiveTinkReader.Key key = NaiveTinkReader.ReadKey(await model.KeysetJsonAsync());
        Assert.Equal(parameters.SegmentSize, key.SegmentSize);
        Assert.Equal(parameters.DerivedKeySize, key.DerivedKeySize);
        Assert.Equal(parameters.Hash, key.Hash);
        Assert.Equal(model.Plaintext, NaiveTinkReader.Decrypt(model.Body, key, associatedData));
        Assert.Equal(NaiveTinkReader.Commitment(key, model.Body[..(8 + key.DerivedKeySize)], "models/ä"), model.Sidecar.KeyCommitment);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(model.Plaintext)), model.Sidecar.PlaintextSha256);
        Assert.Equal(model.Body.Length, model.Sidecar.CiphertextSize);
        RecordingSink sink = new();
        await model.DecryptAsync(sink);
        Assert.Equal(model.Plaintext, sink.Bytes);
    }

    private sealed class Steps : IProgress<long>
    {
        public List<long> Seen { get; } = [];

        public void Report(long value) => Seen.Add(value);
    }

    /// <summary>Does something at the n-th write.</summary>
    private sealed class FailingWriter(int at, Action then) : IObjectWriter
    {
        private int _writes;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            if (++_writes == at)
                then();
            return ValueTask.CompletedTask;
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public Task<ObjectRef> CommitAsync(CancellationToken cancellationToken) => throw new InvalidOperationException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
