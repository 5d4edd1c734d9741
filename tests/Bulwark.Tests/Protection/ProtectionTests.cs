using System.Text;
using Bulwark.Audit;
using Bulwark.Findings;
using Bulwark.Keys;
using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Protection;

public sealed class ProtectionTests
{
    private static readonly string[] Parts = ["m.bin.enc", "m.bin.enc.json", "m.bin.sig", "m.bin.claims.jsonl"];

    private readonly MemoryObjectStore _store = new();
    private readonly ProtectionServices _services;

    public ProtectionTests() => _services = Services(_store);

    [Theory]
    [InlineData(1)]
    [InlineData(1_048_520)]
    [InlineData(1_048_521)]
    [InlineData(40_000_000)]
    public async Task What_is_protected_opens_to_the_same_bytes(int length)
    {
        byte[] model = Pattern(length);
        ProtectionResult result = await ProtectAsync("folder/m.bin", model);

        Assert.Equal("folder/m.bin.enc", result.Body);
        Assert.Equal("opaque", result.Format);
        Assert.Equal(model, await OpenAsync("folder/m.bin.enc"));
        Assert.DoesNotContain("out/", Encoding.UTF8.GetString(_store.Get("out", "folder/m.bin.claims.jsonl")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_range_of_the_model_can_be_read_alone()
    {
        byte[] model = Pattern(3_000_000);
        await ProtectAsync("m.bin", model);
        await using OpenedModel opened = await new ModelOpener(_services).OpenAsync("out", "m.bin.enc", CancellationToken.None);
        byte[] range = new byte[4096];
        await opened.ReadAsync(1_048_000, range, CancellationToken.None);
        Assert.Equal(model[1_048_000..1_052_096], range);
    }

    [Fact]
    public async Task A_second_delivery_returns_the_first_result_and_writes_nothing()
    {
        ObjectRef source = _store.Put("in", "m.bin", Pattern(1000));
        ModelProtector protector = new(_services);
        ProtectionResult first = await protector.ProtectAsync(source, "out", new ProtectionOptions(), null, CancellationToken.None);
        byte[] body = _store.Get("out", "m.bin.enc");
        ProtectionResult second = await protector.ProtectAsync(source, "out", new ProtectionOptions(), null, CancellationToken.None);

        Assert.True(second.AlreadyProtected);
        Assert.Equal(first, second with { AlreadyProtected = false });
        Assert.Same(body, _store.Get("out", "m.bin.enc"));
        ProtectionResult forced = await protector.ProtectAsync(source, "out", new ProtectionOptions { Force = true }, null, CancellationToken.None);
        Assert.False(forced.AlreadyProtected);
        Assert.NotEqual(body, _store.Get("out", "m.bin.enc"));
    }

    [Fact]
    public async Task A_result_whose_parts_are_gone_is_made_again()
    {
        ObjectRef source = _store.Put("in", "m.bin", Pattern(1000));
        ModelProtector protector = new(_services);
        await protector.ProtectAsync(source, "out", new ProtectionOptions(), null, CancellationToken.None);
        await _store.DeleteAsync((await _store.FindAsync("out", "m.bin.sig", CancellationToken.None))!, CancellationToken.None);
        Assert.False((await protector.ProtectAsync(source, "out", new ProtectionOptions(), null, CancellationToken.None)).AlreadyProtected);
        Assert.Equal(Pattern(1000), await OpenAsync("m.bin.enc"));
    }

    [Fact]
    public async Task The_source_is_deleted_only_when_asked_for()
    {
        ObjectRef source = _store.Put("in", "m.bin", Pattern(1000));
        await new ModelProtector(_services).ProtectAsync(source, "out", new ProtectionOptions(), null, CancellationToken.None);
        Assert.NotNull(await _store.FindAsync("in", "m.bin", CancellationToken.None));
        await new ModelProtector(_services).ProtectAsync(source, "out", new ProtectionOptions { DeleteSource = true }, null, CancellationToken.None);
        Assert.Null(await _store.FindAsync("in", "m.bin", CancellationToken.None));
    }

    [Fact]
    public async Task Every_flipped_bit_in_every_part_is_refused()
    {
        await ProtectAsync("m.bin", Pattern(5000));
        foreach (string part in Parts)
        {
            byte[] good = _store.Get("out", part);
            for (int i = 0; i < good.Length; i += part.EndsWith(".enc", StringComparison.Ordinal) ? 97 : 13)
            {
                byte[] bad = [.. good];
                bad[i] ^= 0x04;
                _store.Put("out", part, bad);
                // White space and the unsigned key id are the only bytes of the four files that carry no meaning.
                BulwarkException? error = await RefusalAsync("m.bin.enc");
                Assert.True(error is { Kind: ErrorKind.Refused }, $"{part} byte {i}: {error?.Code ?? "accepted"}");
            }

            foreach (byte[] bad in new[] { good[..^1], good[..(good.Length / 2)], [], [.. good, 0], [.. good, .. good] })
            {
                _store.Put("out", part, bad);
                Assert.Equal(ErrorKind.Refused, (await RefusalAsync("m.bin.enc"))?.Kind);
            }

            _store.Put("out", part, good);
        }

        Assert.Equal(Pattern(5000), await OpenAsync("m.bin.enc"));
    }

    [Fact]
    public async Task Parts_of_two_protected_models_do_not_mix()
    {
        await ProtectAsync("m.bin", Pattern(5000));
        Dictionary<string, byte[]> first = Parts.ToDictionary(p => p, p => _store.Get("out", p));
        byte[] other = Pattern(5000);
        other[17] ^= 1;
        await ProtectAsync("m.bin", other);
        foreach (string part in Parts)
        {
            byte[] own = _store.Get("out", part);
            _store.Put("out", part, first[part]);
            Assert.Equal(ErrorKind.Refused, (await RefusalAsync("m.bin.enc"))?.Kind);
            _store.Put("out", part, own);
        }

        Assert.Equal(other, await OpenAsync("m.bin.enc"));
    }

    [Fact]
    public async Task A_missing_part_is_named()
    {
        await ProtectAsync("m.bin", Pattern(100));
        foreach (string part in Parts.Skip(1))
        {
            byte[] good = _store.Get("out", part);
            await _store.DeleteAsync((await _store.FindAsync("out", part, CancellationToken.None))!, CancellationToken.None);
            BulwarkException? error = await RefusalAsync("m.bin.enc");
            Assert.Equal("BW2002", error?.Code);
            Assert.Contains(part, error!.Message, StringComparison.Ordinal);
            _store.Put("out", part, good);
        }
    }

    [Fact]
    public async Task Another_signing_key_or_wrapping_key_does_not_open()
    {
        await ProtectAsync("m.bin", Pattern(100));
        ProtectionServices stranger = Services(_store);
        Assert.Equal("BW1802", (await RefusalAsync("m.bin.enc", stranger))?.Code);
        Assert.Equal("BW1901", (await RefusalAsync("m.bin.enc", stranger with { TrustedKeys = _services.TrustedKeys }))?.Code);
    }

    [Fact]
    public async Task Protecting_opening_and_refusing_are_in_the_audit_log_once_each()
    {
        ObjectRef source = _store.Put("in", "m.bin", Pattern(1000));
        ModelProtector protector = new(_services);
        await protector.ProtectAsync(source, "out", new ProtectionOptions(), null, CancellationToken.None);
        await protector.ProtectAsync(source, "out", new ProtectionOptions(), null, CancellationToken.None);
        await OpenAsync("m.bin.enc");
        _store.Put("out", "m.bin.sig", [1]);
        await RefusalAsync("m.bin.enc");

        List<string> entries = [];
        await foreach (AuditRecord record in _services.Audit.ReadAsync())
            entries.Add($"{record.Entry.Action} {record.Entry.Outcome}");
        Assert.Equal(["model.protected success", "model.opened success", "model.opened refused"], entries);
        Assert.True((await _services.Audit.VerifyAsync()).IsIntact);
    }

    [Fact]
    public async Task An_empty_source_is_refused() =>
        Assert.Equal("BW2008", (await Assert.ThrowsAsync<ProtectionException>(() => ProtectAsync("m.bin", []))).Code);

    [Fact]
    public async Task A_source_that_changes_meanwhile_is_protected_as_it_is_then()
    {
        ObjectRef source = _store.Put("in", "m.bin", Pattern(1000));
        _store.Put("in", "m.bin", Pattern(2000));
        ProtectionResult result = await new ModelProtector(_services).ProtectAsync(source, "out", new ProtectionOptions(), null, CancellationToken.None);
        Assert.Equal(2000, result.Size);
        Assert.Equal(Pattern(2000), await OpenAsync("m.bin.enc"));
    }

    [Fact]
    public async Task A_source_that_changes_again_publishes_nothing()
    {
        ObjectRef source = _store.Put("in", "m.bin", Pattern(1000));
        RestlessStore restless = new(_store, () => _store.Put("in", "m.bin", Pattern(2000)));
        StorageException error = await Assert.ThrowsAsync<StorageException>(
            () => new ModelProtector(_services with { Store = restless }).ProtectAsync(source, "out", new ProtectionOptions(), null, CancellationToken.None));
        Assert.Equal("BW1004", error.Code);
        Assert.Equal(2, restless.Opened);
        Assert.Null(await _store.FindAsync("out", "m.bin.enc", CancellationToken.None));
    }

    internal static ISigningKey PostQuantumKey { get; } = MLDsaSigningKey.Generate();

    internal static ProtectionServices Services(IObjectStore store)
    {
        PemSigningKey signing = PemSigningKey.Generate();
        MemoryStateStore state = new();
        return new ProtectionServices
        {
            Store = store,
            State = state,
            Audit = new AuditLog(new MemoryObjectStore(), "audit", Ed25519SigningKey.Generate(), "bulwark.test/log", TimeProvider.System, state),
            Findings = new StateFindingSink(state),
            QuarantineContainer = "quarantine",
            SigningKey = signing,
            TrustedKeys = [VerificationKey.FromPem(signing.PublicKeyPem), VerificationKey.FromPem(PostQuantumKey.PublicKeyPem)],
            WrappingKeys = [KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson())],
            Clock = TimeProvider.System,
            Actor = "test",
        };
    }

    private static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private Task<ProtectionResult> ProtectAsync(string name, byte[] model) =>
        new ModelProtector(_services).ProtectAsync(_store.Put("in", name, model), "out", new ProtectionOptions(), null, CancellationToken.None);

    private async Task<byte[]> OpenAsync(string body, ProtectionServices? services = null)
    {
        await using OpenedModel opened = await new ModelOpener(services ?? _services).OpenAsync("out", body, CancellationToken.None);
        await using IObjectWriter writer = await _store.CreateAsync("opened", body, WriteCondition.Any, CancellationToken.None);
        await opened.CopyToAsync(writer, null, CancellationToken.None);
        return _store.Get("opened", body);
    }

    private async Task<BulwarkException?> RefusalAsync(string body, ProtectionServices? services = null)
    {
        try
        {
            await OpenAsync(body, services);
            return null;
        }
        catch (BulwarkException error)
        {
            return error;
        }
    }
}
