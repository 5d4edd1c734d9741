using System.Security.Cryptography;
using Bulwark.CloudDoubles.S3;
using Bulwark.Storage;

namespace Bulwark.Aws.Tests.Storage;

/// <summary>Answers that are lost, late, wrong or broken.</summary>
public sealed class S3LostAnswerTests
{
    private const int Small = 1000;
    private const int Large = 17_000_000;
    private static readonly CancellationToken None = CancellationToken.None;

    public static TheoryData<int, string, S3FaultKind> LostAnswers => new()
    {
        { Small, "PutObject", S3FaultKind.Error },
        { Small, "PutObject", S3FaultKind.Reset },
        { Small, "PutObject", S3FaultKind.Silence },
        { Large, "CompleteMultipartUpload", S3FaultKind.Error },
        { Large, "CompleteMultipartUpload", S3FaultKind.Reset },
        { Large, "CompleteMultipartUpload", S3FaultKind.Silence },
    };

    [Theory]
    [MemberData(nameof(LostAnswers))]
    public async Task A_write_whose_answer_was_lost_is_known_again(int size, string operation, S3FaultKind kind)
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(timeoutSeconds: 1);
        byte[] first = RandomNumberGenerator.GetBytes(size), second = RandomNumberGenerator.GetBytes(size), third = RandomNumberGenerator.GetBytes(size);
        s3.Double.Faults.Next(operation, new S3Fault(kind, AfterEffect: true));
        ObjectRef created = await s3.PutAsync("model", first, WriteCondition.IfAbsent);
        Assert.Equal(created, await s3.FindAsync("model"));
        s3.Double.Faults.Next(operation, new S3Fault(kind, AfterEffect: true));
        ObjectRef replaced = await s3.PutAsync("model", second, WriteCondition.IfVersion(created.Version));
        Assert.Equal(replaced, await s3.FindAsync("model"));
        S3StoreHarness.Same(second, await s3.ReadAsync(replaced));

        // Lost for good: the client's last attempt had no answer either.
        s3.Double.Faults.Next(operation, new S3Fault(kind, AfterEffect: true), times: 3);
        ObjectRef last = await s3.PutAsync("model", third, WriteCondition.IfVersion(replaced.Version));
        Assert.Equal(last, await s3.FindAsync("model"));
        Assert.Equal(3, s3.Double.Versions(S3StoreHarness.Bucket, "model").Count);
        Assert.Equal(0, s3.Double.OpenUploads);
    }

    [Theory]
    [InlineData(Small, "PutObject")]
    [InlineData(Large, "CompleteMultipartUpload")]
    public async Task A_write_that_meets_another_is_tried_again_and_then_given_up(int size, string operation)
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        s3.Double.Faults.Next(operation, S3Fault.Race(), times: 2);
        ObjectRef written = await s3.PutAsync("model", new byte[size], WriteCondition.IfAbsent);
        Assert.Equal(written, await s3.FindAsync("model"));
        s3.Double.Faults.Next(operation, S3Fault.Race(), times: 100);
        await S3StoreHarness.RefusedAsync("BW1005", () => s3.PutAsync("model", new byte[size], WriteCondition.Any));
        Assert.Equal(0, s3.Double.OpenUploads);
    }

    [Fact]
    public async Task A_part_that_fails_for_good_fails_the_write_and_leaves_no_upload()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        s3.Double.Faults.Add(call => call is { Operation: "UploadPart", Number: 2 } ? S3Fault.AccessDenied() : null);
        StorageException error = await S3StoreHarness.RefusedAsync("BW1007", () => s3.PutAsync("model", new byte[40_000_000], WriteCondition.Any));
        Assert.Contains("s3:PutObject", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, s3.Double.OpenUploads);
        Assert.Null(await s3.FindAsync("model"));
    }

    [Fact]
    public async Task A_part_that_arrives_damaged_is_refused_by_its_checksum()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        s3.Double.Faults.Next("UploadPart", new S3Fault(S3FaultKind.Error, false, 400, "BadDigest"));
        StorageException error = await S3StoreHarness.RefusedAsync("BW1009", () => s3.PutAsync("model", new byte[Large], WriteCondition.Any));
        Assert.IsType<Amazon.S3.AmazonS3Exception>(error.InnerException);
        Assert.Equal(0, s3.Double.OpenUploads);
    }

    [Fact]
    public async Task A_cancelled_upload_is_aborted()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        using CancellationTokenSource source = new();
        s3.Double.Faults.Add(call =>
        {
            if (call is not { Operation: "UploadPart", Number: 2 })
                return null;
            source.Cancel();
            return S3Fault.Silence();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await using IObjectWriter writer = await s3.Store.CreateAsync(S3StoreHarness.Bucket, "model", WriteCondition.Any, None);
            for (int i = 0; i < 20; i++)
                await writer.WriteAsync(new byte[4 << 20], source.Token);
            await writer.CommitAsync(source.Token);
        });
        Assert.Equal(1, s3.Double.Calls("CreateMultipartUpload"));
        Assert.Equal(0, s3.Double.OpenUploads);
    }

    [Fact]
    public async Task An_upload_that_could_not_be_aborted_is_swept_later()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(attempts: 1);
        s3.Double.Faults.Next("AbortMultipartUpload", S3Fault.AccessDenied());
        await using (IObjectWriter writer = await s3.Store.CreateAsync(S3StoreHarness.Bucket, "model", WriteCondition.Any, None))
            await writer.WriteAsync(new byte[Large], None);
        Assert.Equal(1, s3.Double.OpenUploads);
        Assert.Equal(0, await s3.Store.SweepAbandonedAsync(S3StoreHarness.Bucket, "", TimeSpan.FromHours(1), None));
        Assert.Equal(0, await s3.Store.SweepAbandonedAsync(S3StoreHarness.Bucket, "other", TimeSpan.Zero, None));
        Assert.Equal(1, await s3.Store.SweepAbandonedAsync(S3StoreHarness.Bucket, "mod", TimeSpan.Zero, None));
        Assert.Equal(0, s3.Double.OpenUploads);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_continued_where_it_broke()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        byte[] bytes = RandomNumberGenerator.GetBytes(20_000_000);
        ObjectRef written = await s3.PutAsync("model", bytes, WriteCondition.Any);
        s3.Double.Faults.Next("GetObject", S3Fault.BrokenAnswer(), times: 7);
        S3StoreHarness.Same(bytes, await s3.ReadAsync(written));
        Assert.Equal(7, s3.Double.Faults.Happened);
        Assert.Equal(3 + 7, s3.Double.Calls("GetObject"));
    }

    [Fact]
    public async Task Failures_that_last_are_named()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(attempts: 2);
        ObjectRef written = await s3.PutAsync("model", new byte[10], WriteCondition.Any);
        s3.Double.Faults.Next("GetObject", S3Fault.SlowDown(), times: 2);
        await S3StoreHarness.RefusedAsync("BW1009", () => s3.ReadAsync(written));
        s3.Double.Faults.Next("GetObject", S3Fault.AccessDenied());
        StorageException denied = await S3StoreHarness.RefusedAsync("BW1007", () => s3.ReadAsync(written));
        Assert.Contains("s3:GetObject", denied.Message, StringComparison.Ordinal);
        s3.Double.Faults.Next("GetObject", new S3Fault(S3FaultKind.Error, false, 400, "KMS.DisabledException"));
        StorageException disabled = await S3StoreHarness.RefusedAsync("BW1007", () => s3.ReadAsync(written));
        Assert.Contains("KMS.DisabledException", disabled.Message, StringComparison.Ordinal);
        s3.Double.Faults.Next("HeadObject", S3Fault.AccessDenied());
        StorageException looked = await S3StoreHarness.RefusedAsync("BW1007", () => s3.FindAsync("model"));
        Assert.Contains("s3:ListBucket", looked.Message, StringComparison.Ordinal);
        s3.Double.Faults.Next("HeadObject", S3Fault.InternalError(), times: 2);
        await S3StoreHarness.RefusedAsync("BW1009", () => s3.FindAsync("model"));
        s3.Double.Faults.Next("PutObject", new S3Fault(S3FaultKind.Error, false, 400, "EntityTooLarge"));
        await S3StoreHarness.RefusedAsync("BW1010", () => s3.PutAsync("other", new byte[10], WriteCondition.Any));
        s3.Double.Faults.Next("ListObjectsV2", S3Fault.AccessDenied());
        StorageException listed = await S3StoreHarness.RefusedAsync("BW1007", async () =>
        {
            await foreach (ObjectRef _ in s3.Store.ListAsync(S3StoreHarness.Bucket, "", None))
            {
            }
        });
        Assert.Contains("s3:ListBucket", listed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Five_percent_of_faults_never_surface()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(attempts: 6, timeoutSeconds: 1);
        s3.Double.Faults.Share(0.05, seed: 4);
        await Parallel.ForAsync(0, 80, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            byte[] bytes = RandomNumberGenerator.GetBytes(i % 8 == 0 ? 9_000_000 : 1000 * i);
            ObjectRef first = await s3.PutAsync($"m{i:00}", bytes, WriteCondition.IfAbsent);
            S3StoreHarness.Same(bytes, await s3.ReadAsync(first));
            ObjectRef second = await s3.PutAsync($"m{i:00}", [1, 2, 3], WriteCondition.IfVersion(first.Version));
            await S3StoreHarness.RefusedAsync("BW1005", () => s3.PutAsync($"m{i:00}", bytes, WriteCondition.IfAbsent));
            if (i % 2 == 0)
                await s3.Store.DeleteAsync(second, None);
        });
        List<string> names = [];
        await foreach (ObjectRef found in s3.Store.ListAsync(S3StoreHarness.Bucket, "", None))
            names.Add(found.Name);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"m{(2 * i) + 1:00}"), names);
        Assert.True(s3.Double.Faults.Happened > 10, $"only {s3.Double.Faults.Happened} faults");
        // Nobody knows the id of an upload whose creation was answered and not heard: it is swept, or goes by the lifecycle rule.
        s3.Double.Faults.Clear();
        await s3.Store.SweepAbandonedAsync(S3StoreHarness.Bucket, "", TimeSpan.Zero, None);
        Assert.Equal(0, s3.Double.OpenUploads);
    }
}
