using Amazon.S3;
using Bulwark.CloudDoubles.S3;
using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Storage;

public sealed class S3OnDoubleTests
{
    public static TheoryData<string, bool, bool> Cases
    {
        get
        {
            TheoryData<string, bool, bool> cases = [];
            foreach (string promise in ObjectStorePromises.Names)
            {
                cases.Add(promise, false, false);
                cases.Add(promise, true, true);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_store_keeps_its_promises(string promise, bool versioned, bool permanentDeletes)
    {
        await using S3Double s3 = await S3Double.StartAsync();
        s3.CreateBucket("models", versioned);
        using IAmazonS3 client = DoubleClients.Of(s3).CreateS3();
        S3ObjectStore store = new(client, new S3ObjectStoreOptions { Default = new S3BucketOptions { PermanentDeletes = permanentDeletes } });
        await new ObjectStorePromises(store, "models").CheckAsync(promise);
        Assert.Equal(0, s3.OpenUploads);
    }
}
