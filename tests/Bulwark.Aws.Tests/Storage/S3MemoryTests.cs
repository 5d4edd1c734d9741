using Bulwark.Storage;

namespace Bulwark.Aws.Tests.Storage;

[CollectionDefinition("memory", DisableParallelization = true)]
public sealed class MemoryTestsRunAlone;

[Collection("memory")]
public sealed class S3MemoryTests
{
    private const long Size = 1L << 30;
    private const long Budget = 256L << 20;
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task An_upload_of_a_gibibyte_holds_a_few_parts()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync(timeoutSeconds: 20);
        s3.Double.KeepsContent = false;
        byte[] block = new byte[1 << 20];
        new Random(1).NextBytes(block);
        await s3.PutAsync("warm", new byte[50 << 20], WriteCondition.Any);
        GC.Collect();
        long before = GC.GetTotalMemory(forceFullCollection: true), most = 0;
        await using (IObjectWriter writer = await s3.Store.CreateAsync(S3StoreHarness.Bucket, "model", WriteCondition.Any, None))
        {
            for (long at = 0; at < Size; at += block.Length)
            {
                await writer.WriteAsync(block, None);
                if (at % (64 << 20) == 0)
                    most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false) - before);
            }

            Assert.Equal(Size, (await writer.CommitAsync(None)).Size);
        }

        Assert.Equal(Size + (50 << 20), s3.Double.ReceivedBytes);
        Assert.True(most < Budget, $"{most >> 20} MiB");
    }
}
