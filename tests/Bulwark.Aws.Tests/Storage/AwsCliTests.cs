using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Bulwark.CloudDoubles.S3;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Storage;

/// <summary>The AWS CLI, a client that is not ours, and the double.</summary>
public sealed class AwsCliTests
{
    [ProgramFact("aws")]
    public async Task The_double_is_S3_enough_for_the_AWS_CLI()
    {
        await using S3StoreHarness s3 = await S3StoreHarness.StartAsync();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("bulwark-cli-");
        try
        {
            string sent = Path.Combine(folder.FullName, "sent"), received = Path.Combine(folder.FullName, "received");
            byte[] bytes = RandomNumberGenerator.GetBytes(20_000_000);
            await File.WriteAllBytesAsync(sent, bytes);
            await AwsAsync(s3.Double, "s3", "cp", sent, "s3://models/from the cli/m+1.bin");
            ObjectRef found = (await s3.FindAsync("from the cli/m+1.bin"))!;
            S3StoreHarness.Same(bytes, await s3.ReadAsync(found));
            Assert.True(s3.Double.Calls("UploadPart") > 1);

            ObjectRef written = await s3.PutAsync("from us/\u00e4 b", bytes, WriteCondition.IfAbsent);
            await AwsAsync(s3.Double, "s3", "cp", "s3://models/from us/\u00e4 b", received);
            S3StoreHarness.Same(bytes, await File.ReadAllBytesAsync(received));
            string listed = await AwsAsync(s3.Double, "s3", "ls", "--recursive", "s3://models/");
            Assert.Contains("20000000 from the cli/m+1.bin", listed, StringComparison.Ordinal);
            Assert.Contains("PRE from us/", await AwsAsync(s3.Double, "s3", "ls", "s3://models/"), StringComparison.Ordinal);
            using JsonDocument head = JsonDocument.Parse(await AwsAsync(s3.Double, "s3api", "head-object", "--bucket", "models", "--key", "from us/\u00e4 b"));
            Assert.Equal(written.Version, S3ObjectStore.VersionOf(head.RootElement.GetProperty("ETag").GetString()!, head.RootElement.GetProperty("VersionId").GetString()));
            await Assert.ThrowsAsync<InvalidOperationException>(() =>
                AwsAsync(s3.Double, "s3api", "put-object", "--bucket", "models", "--key", "from us/\u00e4 b", "--body", sent, "--if-none-match", "*"));
            await AwsAsync(s3.Double, "s3", "rm", "s3://models/from us/\u00e4 b");
            Assert.Null(await s3.FindAsync("from us/\u00e4 b"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> AwsAsync(S3Double s3, params string[] arguments)
    {
        ProcessStartInfo start = new("aws", ["--endpoint-url", s3.Address.AbsoluteUri, "--region", "eu-central-1", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["AWS_ACCESS_KEY_ID"] = "cli";
        start.Environment["AWS_SECRET_ACCESS_KEY"] = "cli";
        start.Environment["PYTHONUTF8"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"aws {string.Join(' ', arguments)}: {await errors}");
    }
}
