using Amazon.S3;
using Amazon.S3.Model;
using Bulwark.Audit;
using Bulwark.Keys;
using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Storage;

public sealed class S3AuditLogTests(MotoFixture moto) : IClassFixture<MotoFixture>
{
    private const string Origin = "example.com/bulwark/audit";

    [Fact]
    public async Task Two_writers_at_once_append_to_one_log_while_answers_are_lost()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(attempts: 6, timeoutSeconds: 1);
        s3.Double.Faults.Share(0.05, seed: 7);
        Ed25519SigningKey key = Ed25519SigningKey.Generate();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async writer =>
        {
            AuditLog log = Open(s3.Store, S3StoreHarness.Bucket, key);
            for (int i = 0; i < 12; i++)
                await log.AppendAsync(Entry($"w{writer}-{i}"));
        }));
        s3.Double.Faults.Clear();
        AuditReport report = await Open(s3.Store, S3StoreHarness.Bucket, key).VerifyAsync();
        Assert.True(report.IsIntact, report.FirstFault?.ToString());
        Assert.Equal(24, report.Size);
    }

    // One after the other: moto judges a condition and stores the object in two steps.
    [ProgramTheory("moto_server")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_in_a_bucket_with_object_lock_grows_and_verifies(bool lockedByUs)
    {
        using IAmazonS3 client = (await moto.ClientsAsync()).CreateS3();
        string bucket = $"audit-{Guid.NewGuid():N}";
        await client.PutBucketAsync(new PutBucketRequest { BucketName = bucket, ObjectLockEnabledForBucket = true });
        if (!lockedByUs)
        {
            await client.PutObjectLockConfigurationAsync(new PutObjectLockConfigurationRequest
            {
                BucketName = bucket,
                ObjectLockConfiguration = new ObjectLockConfiguration
                {
                    ObjectLockEnabled = ObjectLockEnabled.Enabled,
                    Rule = new ObjectLockRule { DefaultRetention = new DefaultRetention { Mode = ObjectLockRetentionMode.Governance, Days = 1 } },
                },
            });
        }

        S3BucketOptions options = lockedByUs ? new S3BucketOptions { ObjectLock = S3ObjectLock.Compliance, Retention = TimeSpan.FromDays(1) } : new S3BucketOptions();
        S3ObjectStore store = new(client, new S3ObjectStoreOptions { Default = options });
        Ed25519SigningKey key = Ed25519SigningKey.Generate();
        AuditLog[] logs = [Open(store, bucket, key), Open(store, bucket, key)];
        for (int i = 0; i < 8; i++)
            await logs[i % 2].AppendAsync(Entry($"e{i}"));
        AuditReport report = await Open(store, bucket, key).VerifyAsync();
        Assert.True(report.IsIntact, report.FirstFault?.ToString());
        Assert.Equal(8, report.Size);
        GetObjectMetadataResponse checkpoint = await client.GetObjectMetadataAsync(bucket, "checkpoint");
        Assert.True(checkpoint.ObjectLockRetainUntilDate > DateTime.UtcNow.AddHours(12));
    }

    private static AuditLog Open(S3ObjectStore store, string bucket, Ed25519SigningKey key) => new(store, bucket, key, Origin, TimeProvider.System);

    private static AuditEntry Entry(string id) => new()
    {
        Id = id,
        Time = DateTimeOffset.UnixEpoch,
        Actor = "tester",
        Action = "model.protected",
        Subject = new AuditSubject { Store = "s3", Container = "models", Name = "m.safetensors", Version = "1" },
        Outcome = "success",
    };
}
