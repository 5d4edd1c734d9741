using Amazon.S3;
using Amazon.S3.Model;
using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Storage;

public sealed class S3OnMotoTests(MotoFixture moto) : IClassFixture<MotoFixture>
{
    // moto completes a multipart upload whatever If-Match says.
    private const string BeyondMoto = nameof(ObjectStorePromises.A_write_is_published_only_under_its_condition);

    public static TheoryData<string, bool, bool> Cases
    {
        get
        {
            TheoryData<string, bool, bool> cases = [];
            foreach (object[] promise in S3OnDoubleTests.Cases.Where(c => (string)c[0] != BeyondMoto))
                cases.Add((string)promise[0], (bool)promise[1], (bool)promise[2]);
            return cases;
        }
    }

    [ProgramTheory("moto_server")]
    [MemberData(nameof(Cases))]
    public async Task The_store_keeps_its_promises(string promise, bool versioned, bool permanentDeletes)
    {
        using IAmazonS3 client = (await moto.ClientsAsync()).CreateS3();
        string bucket = $"b-{Guid.NewGuid():N}";
        await client.PutBucketAsync(bucket);
        if (versioned)
        {
            await client.PutBucketVersioningAsync(new PutBucketVersioningRequest
            {
                BucketName = bucket,
                VersioningConfig = new S3BucketVersioningConfig { Status = VersionStatus.Enabled },
            });
        }

        S3ObjectStore store = new(client, new S3ObjectStoreOptions { Default = new S3BucketOptions { PermanentDeletes = permanentDeletes } });
        await new ObjectStorePromises(store, bucket).CheckAsync(promise);
        ListMultipartUploadsResponse open = await client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = bucket });
        Assert.Empty(open.MultipartUploads ?? []);
    }
}
