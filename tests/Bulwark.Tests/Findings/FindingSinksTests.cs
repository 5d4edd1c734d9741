using Bulwark.Findings;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Findings;

public sealed class FindingSinksTests
{
    [Fact]
    public async Task Every_sink_is_tried_and_the_first_failure_is_told()
    {
        MemoryStateStore first = new(), last = new();
        FindingSinks sinks = new(new StateFindingSink(first), new Failing("a"), new Failing("b"), new StateFindingSink(last));
        Finding finding = new("BWS1001", "A rule", Severity.High, "It was found.", "s3://b/k", null, [], DateTimeOffset.UnixEpoch);

        StorageException error = await Assert.ThrowsAsync<StorageException>(() => sinks.WriteAsync([finding], CancellationToken.None));

        Assert.Contains("a does not exist", error.Message, StringComparison.Ordinal);
        Assert.Single(await new StateFindingSink(first).ReadAsync(CancellationToken.None).ToListAsync());
        Assert.Single(await new StateFindingSink(last).ReadAsync(CancellationToken.None).ToListAsync());
    }

    private sealed class Failing(string name) : IFindingSink
    {
        public Task WriteAsync(IReadOnlyList<Finding> findings, CancellationToken cancellationToken) => throw StorageException.NotFound(name);
    }
}
