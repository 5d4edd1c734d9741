using System.Security.Cryptography;
using Bulwark.Encryption;
using Bulwark.Keys;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Encryption;

/// <summary>Range reads, and every way a body, a sidecar or a key can be wrong.</summary>
public sealed class ModelDecryptorTests
{
    private static readonly StreamingAeadParameters Small = new(32, 4096, HashAlgorithmName.SHA256);

    [Fact]
    public async Task A_range_of_4_KiB_touches_at_most_two_segments()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(20_000, Small);
        CountingReader? counter = null;
        using ModelDecryptor decryptor = await model.OpenAsync(wrap: r => counter = new CountingReader(r, Small.SegmentSize));
        byte[] buffer = new byte[4000];
        for (int offset = 0; offset <= model.Plaintext.Length - buffer.Length; offset += 37)
        {
            counter!.TakeTouched();
            await decryptor.ReadAsync(offset, buffer, CancellationToken.None);
            Assert.InRange(counter.BytesRead, 1, 2 * Small.SegmentSize);
            Assert.InRange(counter.TakeTouched().Count, 1, 2);
            Assert.True(model.Plaintext.AsSpan(offset, buffer.Length).SequenceEqual(buffer));
        }
    }

    [Fact]
    public async Task A_range_of_4_KiB_touches_at_most_two_segments_of_1_MiB()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(4_200_000);
        CountingReader? counter = null;
        using ModelDecryptor decryptor = await model.OpenAsync(wrap: r => counter = new CountingReader(r, 1 << 20));
        byte[] buffer = new byte[4096];
        foreach (long edge in new[] { 0L, decryptor.Layout.PlaintextOffset(1), decryptor.Layout.PlaintextOffset(3), 4_200_000 })
        {
            foreach (int delta in new[] { -4096, -4095, -1, 0 })
            {
                long offset = Math.Clamp(edge + delta, 0, 4_200_000 - 4096);
                counter!.TakeTouched();
                await decryptor.ReadAsync(offset, buffer, CancellationToken.None);
                Assert.InRange(counter.TakeTouched().Count, 1, 2);
                Assert.True(model.Plaintext.AsSpan((int)offset, buffer.Length).SequenceEqual(buffer));
            }
        }
    }

    [Fact]
    public async Task Any_range_is_the_range_of_the_plaintext_read_or_streamed()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(2000, new StreamingAeadParameters(32, 100, HashAlgorithmName.SHA256));
        using ModelDecryptor decryptor = await model.OpenAsync();
        Random random = new(7);
        for (int i = 0; i < 200; i++)
        {
            int offset = random.Next(2001), length = random.Next(2001 - offset);
            byte[] buffer = new byte[length];
            await decryptor.ReadAsync(offset, buffer, CancellationToken.None);
            RecordingSink sink = new();
            await decryptor.DecryptRangeAsync(offset, length, sink.WriteAsync, null, CancellationToken.None);
            Assert.True(model.Plaintext.AsSpan(offset, length).SequenceEqual(buffer));
            Assert.Equal(buffer, sink.Bytes);
        }
    }

    [Fact]
    public async Task A_range_over_several_runs_is_streamed_in_order()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(5_000_000, new StreamingAeadParameters(32, 400_000, HashAlgorithmName.SHA256));
        using ModelDecryptor decryptor = await model.OpenAsync();
        RecordingSink sink = new();
        await decryptor.DecryptRangeAsync(399_000, 4_200_001, sink.WriteAsync, null, CancellationToken.None);
        Assert.True(model.Plaintext.AsSpan(399_000, 4_200_001).SequenceEqual(sink.Bytes));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 2001)]
    [InlineData(2000, 1)]
    [InlineData(long.MaxValue, 1)]
    public async Task A_range_outside_the_plaintext_is_refused(long offset, int length)
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(2000, Small);
        using ModelDecryptor decryptor = await model.OpenAsync();
        Assert.Equal("BW1916", (await Assert.ThrowsAsync<EncryptionException>(
            async () => await decryptor.ReadAsync(offset, new byte[length], CancellationToken.None))).Code);
        Assert.Equal("BW1916", (await Assert.ThrowsAsync<EncryptionException>(
            () => decryptor.DecryptRangeAsync(offset, length, new RecordingSink().WriteAsync, null, CancellationToken.None))).Code);
    }

    [Fact]
    public async Task Ranges_can_be_read_on_many_threads()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(50_000, Small);
        using ModelDecryptor decryptor = await model.OpenAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 300), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, token) =>
        {
            byte[] buffer = new byte[5000];
            await decryptor.ReadAsync(i * 150, buffer, token);
            Assert.True(model.Plaintext.AsSpan(i * 150, 5000).SequenceEqual(buffer));
        });
    }

    [Fact]
    public async Task A_truncated_body_is_refused_before_any_plaintext_is_released()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(12_200, Small);
        foreach (int length in new[] { 0, 1, 39, 40, 55, 56, 4096, 8192, model.Body.Length - 17, model.Body.Length - 1 })
            await RefusedAtTheDoor("BW1903", () => model.OpenAsync(model.Body[..length]));
    }

    [Fact]
    public async Task An_appended_body_is_refused_before_any_plaintext_is_released()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(12_200, Small);
        foreach (int count in new[] { 1, 16, 17, 4096 })
            await RefusedAtTheDoor("BW1904", () => model.OpenAsync([.. model.Body, .. new byte[count]]));
    }

    [Fact]
    public async Task A_truncation_is_refused_even_when_the_sidecar_was_adapted_to_it()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(12_200, Small);
        for (int kept = 1; kept <= 2; kept++)
        {
            byte[] body = model.Body[..(kept * 4096)];
            EnvelopeSidecar adapted = model.Sidecar with { PlaintextSize = model.Sidecar.Layout.PlaintextLength(body.Length) };
            RecordingSink sink = new();
            EncryptionException refusal = await Assert.ThrowsAsync<EncryptionException>(() => model.DecryptAsync(sink, body, adapted));
            Assert.Equal("BW1905", refusal.Code);
            Assert.Contains($"Segment {kept - 1} ", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_altered_header_and_the_body_of_another_model_are_refused_before_any_key_is_used()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(5000, Small);
        using EncryptedModel other = await EncryptedModel.MakeAsync(5000, Small, kek: model.Kek);
        using StubKey unused = new(model.Kek.KeyUri);
        for (int i = 0; i < 40; i++)
            await RefusedAtTheDoor("BW1907", () => model.OpenAsync(model.WithFlippedBit(i, i % 8), key: unused));
        await RefusedAtTheDoor("BW1907", () => model.OpenAsync(other.Body, key: unused));
        Assert.Equal(0, unused.Calls);
    }

    [Fact]
    public async Task The_sidecar_of_another_body_is_refused_even_with_its_header_exchanged()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(5000, Small);
        using EncryptedModel other = await EncryptedModel.MakeAsync(5000, Small, kek: model.Kek);
        await RefusedAtTheDoor("BW1909", () => model.OpenAsync(sidecar: other.Sidecar with { Header = model.Sidecar.Header }));
    }

    [Fact]
    public async Task A_wrong_key_is_refused()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(5000, Small);
        using KeysetWrappingKey stranger = KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson());
        await RefusedAtTheDoor("BW1901", () => model.OpenAsync(key: stranger));
        await RefusedAtTheDoor("BW1901", () => model.OpenAsync(key: new RenamedKey(stranger, model.Kek.KeyUri)));
    }

    [Fact]
    public async Task Wrong_associated_data_is_refused()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(5000, Small);
        await RefusedAtTheDoor("BW1902", () => model.OpenAsync(expected: "models/b"));
        await RefusedAtTheDoor("BW1909", () => model.OpenAsync(sidecar: model.Sidecar with { AssociatedData = "models/b" }));
        EnvelopeSidecar otherWrap = model.Sidecar with { Wraps = [model.Sidecar.Wraps[0] with { AssociatedData = "models/b" }] };
        await RefusedAtTheDoor("BW1901", () => model.OpenAsync(sidecar: otherWrap));
        using ModelDecryptor expected = await model.OpenAsync(expected: "models/a");
        Assert.Equal(5000, expected.Length);
    }

    [Fact]
    public async Task An_altered_commitment_segment_size_or_digest_is_refused()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(3000, Small);
        string flipped = (model.Sidecar.KeyCommitment[0] == '0' ? '1' : '0') + model.Sidecar.KeyCommitment[1..];
        await RefusedAtTheDoor("BW1909", () => model.OpenAsync(sidecar: model.Sidecar with { KeyCommitment = flipped }));
        // One segment either way, so that the sizes still agree.
        await RefusedAtTheDoor("BW1909", () => model.OpenAsync(sidecar: model.Sidecar with { SegmentSize = 8192 }));
        EnvelopeSidecar digest = model.Sidecar with { PlaintextSha256 = new string('a', 64) };
        Assert.Equal("BW1911", (await Assert.ThrowsAsync<EncryptionException>(() => model.DecryptAsync(new RecordingSink(), sidecar: digest))).Code);
        using ModelDecryptor lenient = await model.OpenAsync(sidecar: digest);
        RecordingSink sink = new();
        await lenient.DecryptAsync(sink.WriteAsync, checkDigest: false, null, CancellationToken.None);
        Assert.Equal(model.Plaintext, sink.Bytes);
    }

    [Fact]
    public async Task Swapped_repeated_and_foreign_segments_are_refused_by_number()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(20_000, Small);
        using EncryptedModel other = await EncryptedModel.MakeAsync(20_000, Small);
        foreach ((int to, int from, byte[] source) in new[] { (1, 2, model.Body), (3, 1, model.Body), (2, 2, other.Body) })
        {
            byte[] body = (byte[])model.Body.Clone();
            source.AsSpan(from * 4096, 4096).CopyTo(body.AsSpan(to * 4096));
            if (source == model.Body)
                model.Body.AsSpan(to * 4096, 4096).CopyTo(body.AsSpan(from * 4096));
            EncryptionException refusal = await Assert.ThrowsAsync<EncryptionException>(() => model.DecryptAsync(new RecordingSink(), body));
            Assert.Equal("BW1905", refusal.Code);
            Assert.Contains($"Segment {Math.Min(to, from)} ", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_body_that_changes_or_shrinks_under_the_decryptor_is_reported()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(20_000, Small);
        MemoryObjectStore store = new();
        await using IObjectReader reader = await store.OpenReadAsync(store.Put("c", "m", model.Body), CancellationToken.None);
        using ModelDecryptor decryptor = await ModelDecryptor.OpenAsync(reader, model.Sidecar, [model.Kek], null, CancellationToken.None);
        store.Put("c", "m", model.Body.AsSpan(0, 100));
        Assert.Equal("BW1004", (await Assert.ThrowsAsync<StorageException>(
            () => decryptor.DecryptAsync(new RecordingSink().WriteAsync, true, null, CancellationToken.None))).Code);
    }

    private static async Task RefusedAtTheDoor(string code, Func<Task<ModelDecryptor>> open)
    {
        EncryptionException refusal = await Assert.ThrowsAsync<EncryptionException>(open);
        Assert.Equal(code, refusal.Code);
        Assert.NotEmpty(refusal.Remedy);
    }
}
