using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.State;

namespace Bulwark.Tests.Protection;

/// <summary>What the main job refuses to replace, to delete, and to do twice at once.</summary>
public sealed class DestinationTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Model = [.. Enumerable.Repeat((byte)7, 500)];

    private readonly MemoryObjectStore _store = new();
    private readonly ProtectionServices _services;

    public DestinationTests() => _services = ProtectionTests.Services(_store);

    [Theory]
    [InlineData("m.bin.enc")]
    [InlineData("m.bin.sig")]
    [InlineData("m.bin.claims.jsonl")]
    public async Task Someone_elses_file_is_not_replaced_unless_that_is_insisted_on(string name)
    {
        _store.Put("out", name, Model);
        Assert.Equal("BW2010", (await Assert.ThrowsAsync<ProtectionException>(() => ProtectAsync("in"))).Code);
        Assert.Equal(Model, _store.Get("out", name));
        await ProtectAsync("in", new ProtectionOptions { Force = true });
        Assert.NotEqual(Model, _store.Get("out", name));
    }

    [Fact]
    public async Task Another_model_of_the_same_name_does_not_take_its_place_unless_that_is_insisted_on()
    {
        ProtectionResult first = await ProtectAsync("in", new ProtectionOptions { DeleteSource = true });
        Assert.Equal("BW2010", (await Assert.ThrowsAsync<ProtectionException>(() => ProtectAsync("other"))).Code);
        Assert.Equal(first.BodyVersion, (await _store.FindAsync("out", first.Body, None))!.Version);
        Assert.False((await ProtectAsync("in")).AlreadyProtected); // a new version of the first
        await ProtectAsync("other", new ProtectionOptions { Force = true });
        Assert.Equal("BW2010", (await Assert.ThrowsAsync<ProtectionException>(() => ProtectAsync("in"))).Code);
    }

    [Fact]
    public async Task The_source_stays_when_what_was_protected_does_not_open()
    {
        ProtectionServices blind = _services with { TrustedKeys = ProtectionTests.Services(_store).TrustedKeys };
        ObjectRef source = _store.Put("in", "m.bin", Model);
        BulwarkException error = await Assert.ThrowsAnyAsync<BulwarkException>(
            () => new ModelProtector(blind).ProtectAsync(source, "out", new ProtectionOptions { DeleteSource = true }, null, None));
        Assert.Equal("BW1802", error.Code);
        Assert.NotNull(await _store.FindAsync("in", "m.bin", None));
    }

    [Fact]
    public async Task A_repeat_that_finds_a_damaged_companion_makes_the_model_again_before_the_source_goes()
    {
        ObjectRef source = _store.Put("in", "m.bin", Model);
        await new ModelProtector(_services).ProtectAsync(source, "out", new ProtectionOptions(), null, None);
        byte[] sidecar = [.. _store.Get("out", "m.bin.enc.json")];
        sidecar[sidecar.Length / 2] ^= 1;
        _store.Put("out", "m.bin.enc.json", sidecar);
        ProtectionResult again = await new ModelProtector(_services).ProtectAsync(source, "out", new ProtectionOptions { DeleteSource = true }, null, None);
        Assert.False(again.AlreadyProtected);
        Assert.Null(await _store.FindAsync("in", "m.bin", None));
        await using OpenedModel opened = await new ModelOpener(_services).OpenAsync("out", "m.bin.enc", None);
        await opened.VerifyBodyAsync(null, None);
    }

    [Fact]
    public async Task A_newer_version_of_the_source_is_not_deleted_with_the_older_one()
    {
        ObjectRef source = _store.Put("in", "m.bin", Model);
        await new ModelProtector(_services).ProtectAsync(source, "out", new ProtectionOptions(), null, None);
        _store.Put("in", "m.bin", [1, 2, 3]);
        Assert.True((await new ModelProtector(_services).ProtectAsync(source, "out", new ProtectionOptions { DeleteSource = true }, null, None)).AlreadyProtected);
        Assert.Equal([1, 2, 3], _store.Get("in", "m.bin"));
    }

    [Fact]
    public async Task A_second_worker_is_turned_away_while_the_first_works_however_long_that_takes()
    {
        ProtectionServices services = _services with { ClaimLease = TimeSpan.FromSeconds(1.2) };
        ObjectRef source = _store.Put("in", "m.bin", Model);
        bool turnedAway = false;
        DyingStore slow = new(_store, 8, lost: false)
        {
            Instead = async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(2));
                ProtectionException error = await Assert.ThrowsAsync<ProtectionException>(
                    () => new ModelProtector(services).ProtectAsync(source, "out", new ProtectionOptions(), null, None));
                turnedAway = error.Code == "BW2001";
            },
        };
        await new ModelProtector(services with { Store = slow }).ProtectAsync(source, "out", new ProtectionOptions(), null, None);
        Assert.True(turnedAway);
        Assert.True((await new ModelProtector(services).ProtectAsync(source, "out", new ProtectionOptions(), null, None)).AlreadyProtected);
    }

    [Theory]
    [InlineData(6, "BW1105")] // before the last steps
    [InlineData(9, "BW1005")] // among them
    public async Task A_worker_that_lost_its_claim_reports_what_happened_and_leaves_the_winner_alone(int step, string code)
    {
        ManualClock clock = new();
        ProtectionServices services = _services with { Clock = clock, ClaimLease = TimeSpan.FromMilliseconds(500) };
        ObjectRef source = _store.Put("in", "m.bin", Model);
        DyingStore stalled = new(_store, step, lost: false)
        {
            Instead = async () =>
            {
                clock.Now += TimeSpan.FromHours(1); // or someone set the clock
                await new ModelProtector(services).ProtectAsync(source, "out", new ProtectionOptions(), null, None);
            },
        };
        BulwarkException error = await Assert.ThrowsAnyAsync<BulwarkException>(
            () => new ModelProtector(services with { Store = stalled }).ProtectAsync(source, "out", new ProtectionOptions(), null, None));
        Assert.Equal(code, error.Code);
        await foreach (ObjectRef left in _store.ListAsync("out", "", None))
            Assert.False(left.Name.EndsWith(".new", StringComparison.Ordinal), left.Name);
        Assert.True((await new ModelProtector(services).ProtectAsync(source, "out", new ProtectionOptions(), null, None)).AlreadyProtected);
    }

    private Task<ProtectionResult> ProtectAsync(string container, ProtectionOptions? options = null) =>
        new ModelProtector(_services).ProtectAsync(_store.Put(container, "m.bin", Model), "out", options ?? new ProtectionOptions(), null, None);
}
