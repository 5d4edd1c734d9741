using Amazon.S3;
using Bulwark.CloudDoubles.S3;
using Bulwark.Storage;

namespace Bulwark.Aws.Tests.Storage;

/// <summary>A store on a double with one bucket.</summary>
internal sealed class S3StoreHarness : IAsyncDisposable
{
    public const string Bucket = "models";
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly IAmazonS3 _client;

    private S3StoreHarness(S3Double s3, S3BucketOptions options, int attempts, TimeSpan timeout)
    {
        Double = s3;
        _client = (DoubleClients.Of(s3) with { MaxAttempts = attempts, AttemptTimeout = timeout }).CreateS3();
        Store = new S3ObjectStore(_client, new S3ObjectStoreOptions { Default = options });
    }

    public S3Double Double { get; }

    public S3ObjectStore Store { get; }

    public static async Task<S3StoreHarness> StartAsync(bool versioned = true, S3BucketOptions? options = null, int attempts = 3, double timeoutSeconds = 3)
    {
        S3Double s3 = await S3Double.StartAsync();
        s3.CreateBucket(Bucket, versioned);
        return new S3StoreHarness(s3, options ?? new S3BucketOptions(), attempts, TimeSpan.FromSeconds(timeoutSeconds));
    }

    public async Task<ObjectRef> PutAsync(string name, byte[] bytes, WriteCondition condition)
    {
        await using IObjectWriter writer = await Store.CreateAsync(Bucket, name, condition, None);
        await writer.WriteAsync(bytes, None);
        return await writer.CommitAsync(None);
    }

    public async Task<byte[]> ReadAsync(ObjectRef reference)
    {
        await using IObjectReader reader = await Store.OpenReadAsync(reference, None);
        byte[] bytes = new byte[reference.Size];
        await reader.ReadAsync(0, bytes, None);
        return bytes;
    }

    public Task<ObjectRef?> FindAsync(string name) => Store.FindAsync(Bucket, name, None);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Double.DisposeAsync();
    }

    // Assert.Equal takes seconds for megabytes.
    public static void Same(byte[] expected, byte[] actual) => Assert.True(expected.AsSpan().SequenceEqual(actual));

    public static async Task<StorageException> RefusedAsync(string code, Func<Task> work)
    {
        StorageException error = await Assert.ThrowsAsync<StorageException>(work);
        Assert.Equal(code, error.Code);
        return error;
    }
}
