using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;
using Bulwark.Storage;

namespace Bulwark.Functions.Tests;

public sealed class ProtectModelTests
{
    private readonly Bench _bench = new();

    [Fact]
    public async Task An_uploaded_model_is_protected_and_opens_to_the_same_bytes()
    {
        ProtectAnswer answer = await RunAsync(_bench.Upload("team/m.bin", Bench.Model(100_000)));
        Assert.Equal((ProtectAnswer.Protected, 100_000L), (answer.Outcome, answer.Bytes));
        Assert.Equal("team/m.bin.enc", answer.Model!.Body);
        Assert.Equal(Bench.Model(100_000), await _bench.OpenAsync("team/m.bin.enc"));
    }

    [Fact]
    public async Task A_second_delivery_changes_nothing_and_returns_the_first_result()
    {
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(1000));
        ProtectAnswer first = await RunAsync(uploaded);
        byte[] body = _bench.Store.Get("protected", "m.bin.enc");
        ProtectAnswer second = await RunAsync(uploaded);
        Assert.Equal((ProtectAnswer.AlreadyProtected, 0L), (second.Outcome, second.Bytes));
        Assert.Equal(first.Model, second.Model! with { AlreadyProtected = false });
        Assert.Same(body, _bench.Store.Get("protected", "m.bin.enc"));
    }

    [Fact]
    public async Task Deliveries_at_the_same_time_wait_for_the_one_that_works_and_none_fails()
    {
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(3_000_000));
        ProtectAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => RunAsync(uploaded))));
        Assert.Equal(1, answers.Count(a => a.Outcome == ProtectAnswer.Protected));
        Assert.Equal(5, answers.Count(a => a.Outcome == ProtectAnswer.AlreadyProtected));
        Assert.Single(await _bench.AuditAsync());
    }

    [Fact]
    public async Task A_delivery_takes_over_when_the_worker_it_waited_for_gives_up()
    {
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(1_000));
        using CancellationTokenSource firstStops = new();
        StallingStore stalling = new(_bench.Store);
        FunctionServices stalled = _bench.Services with { Protection = _bench.Services.Protection with { Store = stalling } };
        Task<ProtectAnswer> first = new ProtectModel(stalled).RunAsync(uploaded, Bench.Context, firstStops.Token);
        await stalling.Stalled;
        Task<ProtectAnswer> second = RunAsync(uploaded);
        while (!_bench.Log.Events.Contains("Waiting"))
            await Task.Delay(5);
        Assert.False(second.IsCompleted);
        await firstStops.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(ProtectAnswer.Protected, (await second).Outcome);
    }

    [Fact]
    public async Task The_wait_for_another_worker_ends_with_the_deadline_as_a_failure()
    {
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(1_000));
        using CancellationTokenSource firstStops = new();
        StallingStore stalling = new(_bench.Store);
        FunctionServices stalled = _bench.Services with { Protection = _bench.Services.Protection with { Store = stalling } };
        Task<ProtectAnswer> first = new ProtectModel(stalled).RunAsync(uploaded, Bench.Context, firstStops.Token);
        await stalling.Stalled;
        using CancellationTokenSource deadline = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ProtectModel(_bench.Services).RunAsync(uploaded, Bench.Context, deadline.Token));
        await firstStops.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Fact]
    public async Task An_object_that_is_gone_is_an_answer()
    {
        ObjectUploaded uploaded = Bench.Event(new ObjectRef("memory", "uploads", "gone.bin", "v1", 10));
        Assert.Equal(ProtectAnswer.Gone, (await RunAsync(uploaded)).Outcome);
        Assert.Contains("Gone", _bench.Log.Events);
    }

    [Fact]
    public async Task An_event_of_an_older_version_is_superseded_and_its_own_event_brings_the_newer()
    {
        ObjectUploaded old = _bench.Upload("m.bin", Bench.Model(1000));
        ObjectUploaded present = _bench.Upload("m.bin", Bench.Model(2000));
        Assert.Equal(ProtectAnswer.Superseded, (await RunAsync(old)).Outcome);
        Assert.Contains("Superseded", _bench.Log.Events);
        Assert.Empty(await _bench.NamesAsync("protected"));
        Assert.Equal(ProtectAnswer.Protected, (await RunAsync(present)).Outcome);
        Assert.Equal(Bench.Model(2000), await _bench.OpenAsync("m.bin.enc"));
    }

    [Fact]
    public async Task An_event_that_names_no_version_is_about_the_present_one()
    {
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(1000)) with { Version = null };
        ProtectAnswer answer = await RunAsync(uploaded);
        Assert.Equal(ProtectAnswer.Protected, answer.Outcome);
        Assert.NotNull(answer.Version);
    }

    [Fact]
    public async Task A_malicious_model_is_an_answer_because_trying_again_finds_the_same()
    {
        ProtectAnswer answer = await RunAsync(_bench.Upload("m.pkl", Bench.Malicious));
        Assert.Equal((ProtectAnswer.Refused, "BW2011"), (answer.Outcome, answer.Code));
        Assert.Contains("quarantine", answer.Reason, StringComparison.Ordinal);
        Assert.Equal(2, (await _bench.NamesAsync("quarantine")).Count);
        Assert.Empty(await _bench.NamesAsync("protected"));
        Assert.Contains("Refused", _bench.Log.Events);
    }

    [Fact]
    public async Task An_empty_model_is_refused() =>
        Assert.Equal((ProtectAnswer.Refused, "BW2008"), await RunAsync(_bench.Upload("m.bin", [])) is var a ? (a.Outcome, a.Code) : default);

    [Theory]
    [InlineData("m.bin.enc")]
    [InlineData("m.bin.enc.json")]
    [InlineData("team/m.bin.sig")]
    [InlineData("m.bin.mldsa.sig")]
    [InlineData("m.bin.claims.jsonl")]
    [InlineData("folder/")]
    public async Task Parts_of_protected_models_are_left_alone(string name)
    {
        Assert.Equal(ProtectAnswer.NotAModel, (await RunAsync(_bench.Upload(name, [1]))).Outcome);
        Assert.Empty(await _bench.NamesAsync("protected"));
    }

    [Fact]
    public async Task What_lies_in_the_protected_container_is_not_protected_again()
    {
        ObjectUploaded uploaded = Bench.Event(_bench.Store.Put("protected", "m.bin", [1]));
        Assert.Equal(ProtectAnswer.NotAModel, (await RunAsync(uploaded)).Outcome);
    }

    [Fact]
    public async Task A_large_model_is_handed_over_once_however_often_its_event_comes()
    {
        Jobs jobs = new();
        HandOverAbove(10, jobs);
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(11));
        ProtectAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => RunAsync(uploaded))));
        Assert.All(answers, a => Assert.Equal((ProtectAnswer.HandedOver, "job-1"), (a.Outcome, a.Job)));
        ObjectRef source = Assert.Single(jobs.Submitted);
        Assert.Equal(uploaded.Version, source.Version);
        Assert.Equal(ProtectAnswer.HandedOver, (await RunAsync(_bench.Upload("m.bin", Bench.Model(12)))).Outcome);
        Assert.Equal(2, jobs.Submitted.Count);
    }

    [Fact]
    public async Task A_queue_that_refuses_leaves_the_hand_over_to_the_retry()
    {
        Jobs jobs = new() { Failures = 1 };
        HandOverAbove(10, jobs);
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(11));
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(uploaded));
        Assert.Equal("job-1", (await RunAsync(uploaded)).Job);
    }

    [Fact]
    public async Task A_large_model_without_a_job_queue_is_a_failure_that_says_what_to_do_so_that_its_event_is_kept()
    {
        HandOverAbove(10, jobs: null);
        FunctionException error = await Assert.ThrowsAsync<FunctionException>(() => RunAsync(_bench.Upload("m.bin", Bench.Model(11))));
        Assert.Equal("BW2206", error.Code);
        Assert.Contains("job queue", error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uploads/../m.bin", "BW1002")]
    [InlineData("m.mldsa", "BW2007")]
    public async Task A_name_that_can_never_be_protected_is_an_answer(string name, string code)
    {
        ObjectUploaded uploaded = name.Contains("..", StringComparison.Ordinal)
            ? new ObjectUploaded { Store = "memory", Container = "uploads", Name = name }
            : _bench.Upload(name, Bench.Model(11));
        ProtectModel function = new(_bench.Services with { Protection = _bench.Services.Protection with { Store = new StrictNames(_bench.Store) } });
        ProtectAnswer answer = await function.RunAsync(uploaded, Bench.Context, Bench.None);
        Assert.Equal((ProtectAnswer.Refused, code), (answer.Outcome, answer.Code));
    }

    [Fact]
    public async Task Models_are_taken_from_the_container_of_uploads_alone_whatever_an_event_names()
    {
        _bench.Store.Put("audit", "tile/0/000", Bench.Model(64));
        ProtectModel function = new(_bench.Services with { UploadContainer = "uploads" });
        ProtectAnswer answer = await function.RunAsync(new ObjectUploaded { Store = "memory", Container = "audit", Name = "tile/0/000" }, Bench.Context, Bench.None);
        Assert.Equal(ProtectAnswer.NotAModel, answer.Outcome);
        Assert.Equal(ProtectAnswer.Protected, (await function.RunAsync(_bench.Upload("m.bin", Bench.Model(64)), Bench.Context, Bench.None)).Outcome);
    }

    [Fact]
    public async Task A_model_that_is_replaced_while_it_is_protected_ends_as_the_newer_one()
    {
        ObjectUploaded first = _bench.Upload("m.bin", Bench.Model(1000));
        int changes = 0;
        ChangingStore changing = new(_bench.Store, () =>
        {
            if (changes++ < 3)
                _bench.Store.Put("uploads", "m.bin", Bench.Model(2000 + changes));
        });
        ProtectModel function = new(_bench.Services with { Protection = _bench.Services.Protection with { Store = changing } });
        Assert.Equal(ProtectAnswer.Superseded, (await function.RunAsync(first, Bench.Context, Bench.None)).Outcome);
        ObjectRef present = (await _bench.Store.FindAsync("uploads", "m.bin", Bench.None))!;
        Assert.Equal(ProtectAnswer.Protected, (await RunAsync(Bench.Event(present))).Outcome);
    }

    [Fact]
    public async Task A_failing_key_or_log_is_a_failure_for_the_platform_to_retry()
    {
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(1000));
        await RunAsync(uploaded);
        await _bench.LogStore.DeleteAsync((await _bench.LogStore.FindAsync("audit", "checkpoint", Bench.None))!, Bench.None);
        BulwarkException error = await Assert.ThrowsAnyAsync<BulwarkException>(() => RunAsync(_bench.Upload("other.bin", Bench.Model(2000))));
        Assert.StartsWith("BW13", error.Code, StringComparison.Ordinal);
        Assert.DoesNotContain("other.bin.enc", await _bench.NamesAsync("protected"));
    }

    private Task<ProtectAnswer> RunAsync(ObjectUploaded uploaded) => new ProtectModel(_bench.Services).RunAsync(uploaded, Bench.Context, Bench.None);

    private void HandOverAbove(long bytes, Jobs? jobs) => _bench.Services = _bench.Services with
    {
        Jobs = jobs,
        Settings = _bench.Services.Settings with { HandOverBytes = bytes },
    };

    private sealed class Jobs : ILargeModelJobs
    {
        public List<ObjectRef> Submitted { get; } = [];

        public int Failures { get; set; }

        public async Task<string> SubmitAsync(ObjectRef source, CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (Failures-- > 0)
                throw new InvalidOperationException("the queue is closed");
            lock (Submitted)
            {
                Submitted.Add(source);
                return $"job-{Submitted.Count}";
            }
        }
    }

    /// <summary>A store that refuses names as the real ones do.</summary>
    private sealed class StrictNames(IObjectStore inner) : IObjectStore
    {
        public Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken) => name.Contains("..", StringComparison.Ordinal)
            ? throw StorageException.BadName(name, "it has a part '..'")
            : inner.FindAsync(container, name, cancellationToken);

        public Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken) => inner.OpenReadAsync(reference, cancellationToken);

        public Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken) =>
            inner.CreateAsync(container, name, condition, cancellationToken);

        public IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, CancellationToken cancellationToken) => inner.ListAsync(container, prefix, cancellationToken);

        public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken) => inner.DeleteAsync(reference, cancellationToken);
    }
}
