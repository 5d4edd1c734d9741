using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Bulwark.Audit;
using Bulwark.Findings;
using Bulwark.Keys;
using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Models;

namespace Bulwark.Tests.Protection;

/// <summary>What is refused is copied aside with what was found, and nothing else happens.</summary>
public sealed partial class QuarantineTests
{
    private const string Container = "quarantine";
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Malicious = "cposix\nsystem\n(S'id'\ntR."u8.ToArray();
    private static readonly byte[] Suspicious = [.. "c__main__\nModel\n)"u8, 0x81, (byte)'.'];
    private static readonly byte[] Malformed = [0, 0, 0, 0, 1, 0, 0, 0, (byte)'{', (byte)'}'];

    private readonly MemoryObjectStore _store = new();
    private readonly ProtectionServices _services;

    public QuarantineTests() => _services = ProtectionTests.Services(_store) with { ClaimLease = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public async Task A_malicious_model_is_copied_with_its_findings_and_the_source_stays()
    {
        ObjectRef source = _store.Put("in", "team/m.pkl", Malicious);
        ProtectionException error = await RefusedAsync(source);

        Assert.Equal(("BW2011", ErrorKind.Refused), (error.Code, error.Kind));
        Assert.Equal(source, await _store.FindAsync("in", "team/m.pkl", None));
        Assert.Empty(await NamesAsync("out"));
        string[] names = [.. await NamesAsync(Container)];
        Assert.Equal(2, names.Length);
        string copy = names.Single(n => n.EndsWith(".quarantined", StringComparison.Ordinal));
        Assert.Contains($"memory://quarantine/{copy}", error.Message, StringComparison.Ordinal);
        Assert.Equal(Malicious, _store.Get(Container, copy));

        JsonElement record = JsonDocument.Parse(_store.Get(Container, copy.Replace(".quarantined", ".finding.json", StringComparison.Ordinal))).RootElement;
        Assert.Equal("team/m.pkl", record.GetProperty("source").GetProperty("name").GetString());
        Assert.Equal(source.Version, record.GetProperty("source").GetProperty("version").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Malicious)), record.GetProperty("digests").GetProperty("sha256").GetString());
        Assert.Equal("malicious", record.GetProperty("verdict").GetString());
        Assert.Equal("BW2011", record.GetProperty("code").GetString());
        string[] rules = [.. record.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("ruleId").GetString()!)];
        Assert.Contains("BWS1001", rules);

        AuditEntry entry = Assert.Single(await EntriesAsync());
        Assert.Equal(("model.quarantined", "refused", "team/m.pkl"), (entry.Action, entry.Outcome, entry.Subject.Name));
        Assert.Equal(record.GetProperty("digests").GetProperty("sha256").GetString(), entry.Digests!["sha256"]);
        Assert.Equal($"memory://quarantine/{copy}", entry.Details!["copy"]);
        Finding[] told = [.. await FindingsAsync()];
        Assert.Equal(rules.Order(StringComparer.Ordinal), told.Select(f => f.RuleId).Order(StringComparer.Ordinal));
        Assert.All(told, f => Assert.Equal("memory://in/team/m.pkl", f.Resource));
    }

    [Fact]
    public async Task A_file_that_breaks_its_format_is_malformed_and_the_message_has_the_parsers_words()
    {
        ProtectionException error = await RefusedAsync(_store.Put("in", "m.safetensors", Malformed));
        Assert.Equal("BW2012", error.Code);
        Assert.Contains("[BW1402]", error.Message, StringComparison.Ordinal);
        Assert.Contains("memory://quarantine/", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await NamesAsync(Container)).Count);
        Assert.NotEmpty(await FindingsAsync());
    }

    [Fact]
    public async Task A_suspicious_model_is_quarantined_unless_it_is_allowed()
    {
        ObjectRef source = _store.Put("in", "m.pkl", Suspicious);
        Assert.Equal("BW2013", (await RefusedAsync(source)).Code);
        Assert.Equal(2, (await NamesAsync(Container)).Count);

        ObjectRef allowed = _store.Put("in", "allowed.pkl", Suspicious);
        await new ModelProtector(_services).ProtectAsync(allowed, "out", new ProtectionOptions { AllowSuspicious = true }, null, None);
        Assert.Equal(2, (await NamesAsync(Container)).Count);
        Assert.Contains("allowed.pkl.enc", await NamesAsync("out"));
    }

    [Fact]
    public async Task A_second_delivery_writes_nothing_and_a_new_version_is_kept_beside_the_first()
    {
        ObjectRef source = _store.Put("in", "m.pkl", Malicious);
        string first = (await RefusedAsync(source)).Message;
        Dictionary<string, byte[]> before = await EverythingAsync(Container);
        Assert.Equal(first, (await RefusedAsync(source)).Message);
        Dictionary<string, byte[]> after = await EverythingAsync(Container);
        Assert.All(before, kept => Assert.Same(kept.Value, after[kept.Key]));
        Assert.Single(await EntriesAsync());
        int told = (await FindingsAsync()).Count;

        Assert.NotEqual(first, (await RefusedAsync(_store.Put("in", "m.pkl", [.. Malicious, (byte)'.']))).Message);
        Assert.Equal(4, (await NamesAsync(Container)).Count);
        Assert.Equal(2, (await EntriesAsync()).Count);
        Assert.True((await FindingsAsync()).Count > told);
    }

    [Theory]
    [InlineData("copy")]
    [InlineData("record")]
    [InlineData("garbage")]
    public async Task What_somebody_took_from_the_quarantine_is_put_there_again(string what)
    {
        ObjectRef source = _store.Put("in", "m.pkl", Malicious);
        await RefusedAsync(source);
        string copy = (await NamesAsync(Container)).Single(n => n.EndsWith(".quarantined", StringComparison.Ordinal));
        string record = copy.Replace(".quarantined", ".finding.json", StringComparison.Ordinal);
        if (what == "garbage")
            _store.Put(Container, record, "{\"format\":\"bulwark-quarantine\",\"version\":1,\"findings\":null}"u8);
        else
            await _store.DeleteAsync((await _store.FindAsync(Container, what == "copy" ? copy : record, None))!, None);
        Assert.Equal("BW2011", (await RefusedAsync(source)).Code);
        await AssertWholeAsync(source, Malicious);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_death_at_any_step_is_mended_by_the_retry(bool lost)
    {
        int deaths = 0;
        for (bool died = true; died; deaths++)
        {
            MemoryObjectStore store = new();
            ProtectionServices services = ProtectionTests.Services(store) with { ClaimLease = TimeSpan.FromMilliseconds(1) };
            Ed25519SigningKey logKey = Ed25519SigningKey.Generate();
            ObjectRef source = store.Put("in", "m.pkl", Malicious);

            // The log and the sink die with the process, too.
            DyingStore dying = new(store, deaths, lost);
            await Assert.ThrowsAnyAsync<Exception>(() => ProtectAsync(On(dying), source));
            died = dying.Died;
            Assert.Equal(source, await store.FindAsync("in", "m.pkl", None));
            await Task.Delay(2); // the dead worker's claim ends

            ProtectionException error = await Assert.ThrowsAsync<ProtectionException>(() => ProtectAsync(On(store), source));
            Assert.Equal("BW2011", error.Code);
            string[] names = [.. await NamesAsync(store, Container)];
            Assert.Equal(2, names.Length);
            Assert.Equal(Malicious, store.Get(Container, names.Single(n => n.EndsWith(".quarantined", StringComparison.Ordinal))));
            Assert.Empty(await NamesAsync(store, "out"));
            AuditLog log = On(store).Audit;
            List<AuditEntry> entries = await EntriesAsync(log);
            Assert.True(entries.Count == 1, $"{entries.Count} entries after a death at step {deaths}");
            Assert.True((await log.VerifyAsync()).IsIntact);
            List<Finding> told = await FindingsAsync(services);
            Assert.Equal(told.Count, told.DistinctBy(f => (f.RuleId, f.Location)).Count());
            Assert.NotEmpty(told);

            ProtectionServices On(IObjectStore on) => services with
            {
                Store = on,
                Audit = new AuditLog(on, "audit", logKey, "bulwark.test/log", TimeProvider.System, services.State),
                Findings = new DyingSink(on, services.Findings),
            };
        }

        Assert.True(deaths > 10, $"{deaths}");
    }

    [Fact]
    public async Task A_source_that_changes_while_it_is_copied_leaves_nothing_or_the_version_that_was_scanned()
    {
        int changed = 0;
        for (int step = 0; ; step++)
        {
            foreach (string name in await NamesAsync(Container))
                await _store.DeleteAsync((await _store.FindAsync(Container, name, None))!, None);
            ObjectRef source = _store.Put("in", "m.pkl", Malicious);
            bool came = false;
            DyingStore store = new(_store, step, lost: false)
            {
                Instead = () =>
                {
                    came = true;
                    _store.Put("in", "m.pkl", [1, 2, 3]);
                    return Task.CompletedTask;
                },
            };
            BulwarkException error = await Assert.ThrowsAnyAsync<BulwarkException>(() => ProtectAsync(_services with { Store = store }, source));
            // The work starts over with what is there now, which is a pickle cut short.
            Assert.Contains(error.Code, new[] { "BW1004", "BW2011", "BW2012" });
            changed += error.Code is "BW1004" or "BW2012" ? 1 : 0;
            if (error.Code == "BW2011")
                await AssertWholeAsync(source, Malicious);
            else if (error.Code == "BW2012")
                await AssertWholeAsync((await _store.FindAsync("in", "m.pkl", None))!, [1, 2, 3]);
            else
                Assert.Empty(await NamesAsync(Container));
            if (!came)
                break;
        }

        Assert.True(changed > 2, $"{changed}");
    }

    [Theory]
    [InlineData("../../etc/m.pkl")]
    [InlineData("/etc/m.pkl")]
    [InlineData("a\\..\\b\n\u0001.pkl")]
    [InlineData("m.quarantined")]
    public async Task A_name_decides_nothing_in_the_quarantine(string name)
    {
        await RefusedAsync(_store.Put("in", name, Malicious));
        Assert.All(await NamesAsync(Container), kept => Assert.Matches(KeptName(), kept));
    }

    [Fact]
    public async Task Names_that_read_alike_when_joined_are_kept_apart()
    {
        foreach ((string container, string name) in new[] { ("a", "b/m.pkl"), ("a/b", "m.pkl"), ("a:1", "m.pkl"), ("a", "1m.pkl") })
            await RefusedAsync(_store.Put(container, name, Malicious));
        Assert.Equal(8, (await NamesAsync(Container)).Count);
    }

    [Fact]
    public async Task A_quarantine_that_cannot_be_written_is_a_fault_that_says_both()
    {
        ObjectRef source = _store.Put("in", "m.pkl", Malicious);
        ProtectionException error = await Assert.ThrowsAsync<ProtectionException>(() => ProtectAsync(_services with { Store = new FullStore(_store) }, source));
        Assert.Equal(("BW2015", ErrorKind.Fault), (error.Code, error.Kind));
        Assert.Contains("BWS100", error.Message, StringComparison.Ordinal);
        Assert.Contains("[BW1006]", error.Message, StringComparison.Ordinal);
        Assert.Empty(await NamesAsync(Container));
        Assert.Empty(await EntriesAsync());
        Assert.Equal("BW2011", (await RefusedAsync(source)).Code);
    }

    [Fact]
    public async Task What_is_in_quarantine_is_not_protected_and_not_copied_again()
    {
        Assert.Equal("BW2014", (await RefusedAsync(_store.Put(Container, "x.quarantined", Malicious))).Code);
        Assert.Equal(["x.quarantined"], await NamesAsync(Container));
    }

    [DataFact]
    public async Task Every_malicious_and_malformed_case_is_quarantined_byte_for_byte()
    {
        List<string> wrong = [];
        foreach ((string path, string label) in Corpus.Cases().Where(c => c.Label is "malicious" or "malformed"))
        {
            byte[] bytes = File.ReadAllBytes(path);
            if (bytes.Length == 0)
                continue;
            ObjectRef source = _store.Put("in", Path.GetFileName(path), bytes);
            try
            {
                await ProtectAsync(_services, source);
                wrong.Add($"{path} was protected");
            }
            catch (BulwarkException error)
            {
                // Either is refused; a case may be both.
                if (error.Code is not ("BW2011" or "BW2012"))
                    wrong.Add($"{path}: {label}, but {error.Code} {error.Message}");
                else
                    await AssertWholeAsync(source, bytes);
            }
        }

        Assert.Empty(wrong);
        Assert.Empty(await NamesAsync("out"));
    }

    private static Task<ProtectionResult> ProtectAsync(ProtectionServices services, ObjectRef source) =>
        new ModelProtector(services).ProtectAsync(source, "out", new ProtectionOptions(), null, None);

    private async Task<ProtectionException> RefusedAsync(ObjectRef source) => await Assert.ThrowsAsync<ProtectionException>(() => ProtectAsync(_services, source));

    private async Task AssertWholeAsync(ObjectRef source, byte[] bytes)
    {
        int found = 0;
        foreach (string name in (await NamesAsync(Container)).Where(n => n.EndsWith(".finding.json", StringComparison.Ordinal)))
        {
            using JsonDocument record = JsonDocument.Parse(_store.Get(Container, name));
            if (record.RootElement.GetProperty("source").GetProperty("version").GetString() != source.Version)
                continue;
            found++;
            Assert.Equal(bytes, _store.Get(Container, name.Replace(".finding.json", ".quarantined", StringComparison.Ordinal)));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), record.RootElement.GetProperty("digests").GetProperty("sha256").GetString());
            Assert.NotEqual(0, record.RootElement.GetProperty("findings").GetArrayLength());
        }

        Assert.Equal(1, found);
    }

    private Task<List<string>> NamesAsync(string container) => NamesAsync(_store, container);

    private static async Task<List<string>> NamesAsync(MemoryObjectStore store, string container)
    {
        List<string> names = [];
        await foreach (ObjectRef found in store.ListAsync(container, "", None))
            names.Add(found.Name);
        return names;
    }

    private async Task<Dictionary<string, byte[]>> EverythingAsync(string container) => (await NamesAsync(container)).ToDictionary(n => n, n => _store.Get(container, n));

    private Task<List<AuditEntry>> EntriesAsync() => EntriesAsync(_services.Audit);

    private static async Task<List<AuditEntry>> EntriesAsync(AuditLog log)
    {
        List<AuditEntry> entries = [];
        await foreach (AuditRecord record in log.ReadAsync())
            entries.Add(record.Entry);
        return entries;
    }

    private Task<List<Finding>> FindingsAsync() => FindingsAsync(_services);

    private static async Task<List<Finding>> FindingsAsync(ProtectionServices services)
    {
        List<Finding> findings = [];
        await foreach (Finding finding in new StateFindingSink(services.State).ReadAsync(None))
            findings.Add(finding);
        return findings;
    }

    [GeneratedRegex(@"^[0-9a-f]{40}\.(quarantined|finding\.json)$")]
    private static partial Regex KeptName();

    /// <summary>Dies where the process does.</summary>
    private sealed class DyingSink(IObjectStore store, IFindingSink inner) : IFindingSink
    {
        public async Task WriteAsync(IReadOnlyList<Finding> findings, CancellationToken cancellationToken)
        {
            await store.FindAsync("sink", "before", cancellationToken);
            await inner.WriteAsync(findings, cancellationToken);
            await store.FindAsync("sink", "after", cancellationToken);
        }
    }

    /// <summary>Has no space left in the quarantine.</summary>
    private sealed class FullStore(IObjectStore inner) : IObjectStore
    {
        public Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken) => inner.FindAsync(container, name, cancellationToken);

        public Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken) => inner.OpenReadAsync(reference, cancellationToken);

        public Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken) =>
            container == Container ? throw StorageException.NoSpace(name) : inner.CreateAsync(container, name, condition, cancellationToken);

        public IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, CancellationToken cancellationToken) => inner.ListAsync(container, prefix, cancellationToken);

        public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken) => inner.DeleteAsync(reference, cancellationToken);
    }
}
