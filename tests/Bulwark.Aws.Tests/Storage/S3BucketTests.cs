using System.Security.Cryptography;
using Bulwark.Storage;

namespace Bulwark.Aws.Tests.Storage;

/// <summary>What is S3's own: versions, options, names, contention, large objects.</summary>
public sealed class S3BucketTests
{
    private const string Bucket = S3StoreHarness.Bucket;
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(10)]
    [InlineData(9_000_000)]
    public async Task Of_sixteen_writers_that_create_one_name_exactly_one_wins(int size)
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        byte?[] winners = await Task.WhenAll(Enumerable.Range(0, size > 1000 ? 4 : 16).Select(async i =>
        {
            byte[] bytes = new byte[size];
            bytes[0] = (byte)i;
            try
            {
                await s3.PutAsync("race", bytes, WriteCondition.IfAbsent);
                return (byte?)i;
            }
            catch (StorageException e) when (e.Code == "BW1005")
            {
                return null;
            }
        }));
        Assert.Equal(Assert.Single(winners, w => w is not null), (await s3.ReadAsync((await s3.FindAsync("race"))!))[0]);
        Assert.Equal(0, s3.Double.OpenUploads);
    }

    [Fact]
    public async Task Of_sixteen_writers_that_replace_one_version_exactly_one_wins_each_round()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        ObjectRef present = await s3.PutAsync("counter", [0], WriteCondition.IfAbsent);
        for (int round = 1; round <= 5; round++)
        {
            ObjectRef?[] winners = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
            {
                try
                {
                    return await s3.PutAsync("counter", [(byte)i, (byte)round], WriteCondition.IfVersion(present.Version));
                }
                catch (StorageException e) when (e.Code == "BW1005")
                {
                    return null;
                }
            }));
            present = Assert.Single(winners, w => w is not null)!;
            Assert.Equal(present, await s3.FindAsync("counter"));
        }
    }

    [Fact]
    public async Task A_reader_stays_with_its_version_where_the_bucket_keeps_it()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        await using IObjectReader reader = await s3.Store.OpenReadAsync(await s3.PutAsync("model", [1, 2, 3], WriteCondition.Any), None);
        await s3.PutAsync("model", [4, 5, 6], WriteCondition.Any);
        byte[] bytes = new byte[3];
        await reader.ReadAsync(0, bytes, None);
        Assert.Equal([1, 2, 3], bytes);
        await S3StoreHarness.RefusedAsync("BW1004", () => reader.EnsureUnchangedAsync(None).AsTask());
    }

    [Fact]
    public async Task A_reader_fails_when_the_bucket_does_not_keep_its_version()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(versioned: false);
        await using IObjectReader reader = await s3.Store.OpenReadAsync(await s3.PutAsync("model", [1, 2, 3], WriteCondition.Any), None);
        ObjectRef second = await s3.PutAsync("model", [4, 5, 6], WriteCondition.Any);
        await S3StoreHarness.RefusedAsync("BW1004", () => reader.ReadAsync(0, new byte[3], None).AsTask());
        await s3.Store.DeleteAsync(second, None);
        await S3StoreHarness.RefusedAsync("BW1004", () => reader.ReadAsync(0, new byte[3], None).AsTask());
    }

    [Fact]
    public async Task A_size_that_an_event_got_wrong_is_refused()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        ObjectRef written = await s3.PutAsync("model", new byte[10], WriteCondition.Any);
        await S3StoreHarness.RefusedAsync("BW1003", () => s3.Store.OpenReadAsync(written with { Size = 11 }, None));
    }

    [Theory]
    [InlineData("\"abc\"", "v1", "abc@v1")]
    [InlineData("abc-3", null, "abc-3")]
    [InlineData("abc", "", "abc")]
    [InlineData("abc", "null", "abc")]
    public void The_version_of_an_event_is_its_entity_tag_and_version_id(string eTag, string? versionId, string expected) =>
        Assert.Equal(expected, S3ObjectStore.VersionOf(eTag, versionId));

    [Fact]
    public async Task A_permanent_delete_leaves_nothing_of_the_version_and_brings_no_older_one_to_light()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(options: new S3BucketOptions { PermanentDeletes = true });
        ObjectRef old = await s3.PutAsync("model", [1], WriteCondition.Any);
        ObjectRef present = await s3.PutAsync("model", [2], WriteCondition.Any);
        await s3.Store.DeleteAsync(present, None);
        Assert.Null(await s3.FindAsync("model"));
        Assert.Equal([old.Version.Split('@')[1], "marker"], s3.Double.Versions(Bucket, "model").Select(v => v.EndsWith("(marker)", StringComparison.Ordinal) ? "marker" : v));
    }

    [Fact]
    public async Task A_permanent_delete_that_was_interrupted_is_finished_by_the_next()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(options: new S3BucketOptions { PermanentDeletes = true }, attempts: 1);
        ObjectRef present = await s3.PutAsync("model", [2], WriteCondition.Any);
        s3.Double.Faults.Add(call => call is { Operation: "DeleteObject", Number: 2 } ? CloudDoubles.S3.S3Fault.InternalError() : null);
        await S3StoreHarness.RefusedAsync("BW1009", () => s3.Store.DeleteAsync(present, None));
        Assert.Equal(2, s3.Double.Versions(Bucket, "model").Count);
        await s3.Store.DeleteAsync(present, None);
        Assert.EndsWith("(marker)", Assert.Single(s3.Double.Versions(Bucket, "model")));
    }

    [Fact]
    public async Task A_locked_object_can_be_hidden_and_not_destroyed()
    {
        S3BucketOptions locked = new() { ObjectLock = S3ObjectLock.Compliance, Retention = TimeSpan.FromDays(1) };
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(options: locked);
        foreach (int size in new[] { 10, 9_000_000 })
        {
            ObjectRef written = await s3.PutAsync($"m{size}", new byte[size], WriteCondition.Any);
            await s3.Store.DeleteAsync(written, None);
            Assert.Equal(2, s3.Double.Versions(Bucket, $"m{size}").Count);
        }

        await using S3StoreHarness permanent = await S3StoreHarness.StartAsync(options: locked with { PermanentDeletes = true });
        ObjectRef kept = await permanent.PutAsync("model", [1], WriteCondition.Any);
        StorageException error = await S3StoreHarness.RefusedAsync("BW1007", () => permanent.Store.DeleteAsync(kept, None));
        Assert.Contains("lock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bucket_of_another_owner_is_refused()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(options: new S3BucketOptions { ExpectedOwner = "999999999999" });
        await S3StoreHarness.RefusedAsync("BW1007", () => s3.PutAsync("model", [1], WriteCondition.Any));
        await S3StoreHarness.RefusedAsync("BW1007", () => s3.FindAsync("model"));
        await S3StoreHarness.RefusedAsync("BW1007", () => s3.PutAsync("model", new byte[9_000_000], WriteCondition.Any));
    }

    [Fact]
    public async Task A_bucket_that_is_not_there_is_said_to_be_missing()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        Assert.Null(await s3.Store.FindAsync("nowhere", "model", None));
        await S3StoreHarness.RefusedAsync("BW1001", async () =>
        {
            await foreach (ObjectRef _ in s3.Store.ListAsync("nowhere", "", None))
            {
            }
        });
        await S3StoreHarness.RefusedAsync("BW1001", async () =>
        {
            await using IObjectWriter writer = await s3.Store.CreateAsync("nowhere", "model", WriteCondition.IfAbsent, None);
            await writer.CommitAsync(None);
        });
    }

    [Fact]
    public async Task Keys_may_have_1024_bytes_and_no_more()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        string longest = new('\u65e5', 341);
        ObjectRef written = await s3.PutAsync(longest + "x", [7], WriteCondition.IfAbsent);
        Assert.Equal([7], await s3.ReadAsync(written));
        foreach (string name in new[] { longest + "xy", new string('x', 1025) })
            await S3StoreHarness.RefusedAsync("BW1002", () => s3.FindAsync(name));
    }

    [Fact]
    public async Task A_list_of_many_pages_is_whole_and_ends_with_what_is_wrong()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        s3.Double.PageSize = 7;
        for (int i = 0; i < 30; i++)
            await s3.PutAsync($"a/{i:00}", [1], WriteCondition.Any);
        using Amazon.S3.IAmazonS3 foreign = DoubleClients.Of(s3.Double).CreateS3();
        await foreign.PutObjectAsync(new Amazon.S3.Model.PutObjectRequest { BucketName = Bucket, Key = "a/0\u001b[2J", ContentBody = "x" });
        List<string> names = [];
        StorageException error = await S3StoreHarness.RefusedAsync("BW1002", async () =>
        {
            await foreach (ObjectRef found in s3.Store.ListAsync(Bucket, "a/", None))
                names.Add(found.Name);
        });
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"a/{i:00}"), names);
        Assert.DoesNotContain('\u001b', error.Message);
        Assert.Equal(5, s3.Double.Calls("ListObjectsV2"));
    }

    [Fact]
    public async Task Tags_and_encryption_are_sent_with_every_new_object()
    {
        S3BucketOptions options = new() { Tags = new Dictionary<string, string> { ["kind"] = "protected model" }, KmsKeyId = "alias/models" };
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(options: options);
        using Amazon.S3.IAmazonS3 foreign = DoubleClients.Of(s3.Double).CreateS3();
        foreach (int size in new[] { 10, 9_000_000 })
        {
            await s3.PutAsync($"m{size}", new byte[size], WriteCondition.Any);
            var tags = await foreign.GetObjectTaggingAsync(new Amazon.S3.Model.GetObjectTaggingRequest { BucketName = Bucket, Key = $"m{size}" });
            var head = await foreign.GetObjectMetadataAsync(Bucket, $"m{size}");
            Assert.Equal(("aws:kms", "alias/models"), (head.ServerSideEncryptionMethod.Value, head.ServerSideEncryptionKeyManagementServiceKeyId));
            Assert.Equal("kind=protected model", string.Join(",", tags.Tagging.Select(t => $"{t.Key}={t.Value}")));
        }
    }

    [Fact]
    public async Task A_flushed_upload_is_published_by_one_call()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        byte[] bytes = RandomNumberGenerator.GetBytes(20_000_000);
        await using IObjectWriter writer = await s3.Store.CreateAsync(Bucket, "model", WriteCondition.Any, None);
        await writer.WriteAsync(bytes, None);
        await writer.FlushAsync(None);
        Assert.Equal(3, s3.Double.Calls("UploadPart"));
        await writer.CommitAsync(None);
        Assert.Equal(3, s3.Double.Calls("UploadPart"));
        Assert.Equal(1, s3.Double.Calls("CompleteMultipartUpload"));
    }
}
