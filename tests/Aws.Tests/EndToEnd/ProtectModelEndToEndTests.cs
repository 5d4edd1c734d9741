using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.S3.Model;
using Bulwark.CloudDoubles.Lambda;
using Bulwark.Functions.Aws.Tests.Template;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests.EndToEnd;

/// <summary>
/// The main job as it runs on AWS: the native program under the Runtime API, as a user who may do exactly what the role of
/// <c>template.yaml</c> may, on emulators that verify signatures and enforce policies.
/// </summary>
public sealed class ProtectModelEndToEndTests
{
    private const string Key = "fraud/mnist-mlp.safetensors";

    private static readonly string Model = Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");

    [EmulatedFact]
    public async Task A_model_that_lands_in_the_bucket_is_protected_and_the_command_line_gives_it_back()
    {
        await using EmulatedAccount account = await EmulatedAccount.CreateAsync();
        BasicAWSCredentials function = account.AddUser("function", "ProtectModelRole");
        await account.EnforceAsync();
        await using LambdaRuntimeDouble lambda = await LambdaRuntimeDouble.StartAsync();
        using LambdaProcess sandbox = LambdaProcess.Start(PublishedFactAttribute.Program, lambda.Address, account.EnvironmentOf("ProtectModel", function));

        string uploaded = await account.UploadAsync(Key, await File.ReadAllBytesAsync(Model));
        LambdaCall first = await account.DeliverAsync(lambda, uploaded);
        LambdaCall again = await account.DeliverAsync(lambda, uploaded);

        Assert.True(first.Error is null, $"{first.ErrorMessage}\n{string.Join('\n', sandbox.Lines)}\n{sandbox.Errors}");
        Assert.Equal("protected", first.Json.GetProperty("outcome").GetString());
        Assert.Equal("already-protected", again.Json.GetProperty("outcome").GetString());
        Assert.Equal(
            [$"{Key}.claims.jsonl", $"{Key}.enc", $"{Key}.enc.json", $"{Key}.sig"],
            await account.NamesAsync(EmulatedAccount.ProtectedBucket));
        Assert.Contains("checkpoint", await account.NamesAsync(EmulatedAccount.AuditBucket));
        Assert.Empty(await account.NamesAsync(EmulatedAccount.QuarantineBucket));

        string opened = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            (int code, string output) = Cli(account, "open", $"s3://{EmulatedAccount.ProtectedBucket}/{Key}.enc", "--cloud", "aws", "--out", opened, "--json");
            Assert.True(code == 0, output);
            Assert.Equal(first.Json.GetProperty("model").GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(opened))));
            Assert.Equal(new FileInfo(Model).Length, new FileInfo(opened).Length);
            Assert.Equal(0, Cli(account, "verify", $"s3://{EmulatedAccount.ProtectedBucket}/{Key}.enc", "--cloud", "aws").Code);
            (code, output) = Cli(account, "log", "verify", "--cloud", "aws", "--json");
            Assert.True(code == 0, output);
            // One entry for the protection, though the event came twice, and one each for what the command line opened and verified.
            (_, output) = Cli(account, "log", "show", "--cloud", "aws", "--json");
            Assert.Single(JsonDocument.Parse(output).RootElement.EnumerateArray(), e => e.GetProperty("action").GetString() == "model.protected");
        }
        finally
        {
            File.Delete(opened);
        }
    }

    [EmulatedTheory]
    [InlineData("s3:GetObjectVersion", null)]
    [InlineData("s3:PutObject", null)]
    [InlineData("dynamodb:PutItem", "dynamodb:PutItem")]
    [InlineData("kms:Encrypt", "kms:Encrypt")]
    [InlineData("kms:Sign", "kms:Sign")]
    public async Task Without_one_of_its_permissions_it_says_which_writes_nothing_by_halves_and_the_event_is_kept(string permission, string? named)
    {
        await using EmulatedAccount account = await EmulatedAccount.CreateAsync();
        BasicAWSCredentials function = account.AddUser("function", "ProtectModelRole", permission);
        await account.EnforceAsync();
        await using LambdaRuntimeDouble lambda = await LambdaRuntimeDouble.StartAsync();
        using LambdaProcess sandbox = LambdaProcess.Start(PublishedFactAttribute.Program, lambda.Address, account.EnvironmentOf("ProtectModel", function));

        string uploaded = await account.UploadAsync(Key, await File.ReadAllBytesAsync(Model));
        LambdaCall call = await account.DeliverAsync(lambda, uploaded);

        Assert.NotNull(call.Error);
        string line = Assert.Single(sandbox.Lines.Where(l => l.Contains(call.RequestId, StringComparison.Ordinal) && l.Contains("\"Error\"", StringComparison.OrdinalIgnoreCase)).Take(1));
        Assert.Contains(named ?? "denied", call.ErrorMessage + line, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(await account.NamesAsync(EmulatedAccount.ProtectedBucket), name => name.EndsWith(".enc", StringComparison.Ordinal));
        Assert.Equal(0, await account.OpenUploadsAsync(EmulatedAccount.ProtectedBucket));
        string message = account.As(account.Administrator).Run("sqs", "receive-message", "--queue-url", account.FailedEvents, "--query", "Messages[0].Body", "--output", "text");
        Assert.Contains(Key, message, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Cli(EmulatedAccount account, params string[] arguments)
    {
        string folder = typeof(ProtectModelEndToEndTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "BulwarkProgramFolder").Value!;
        ProcessStartInfo start = new("dotnet", [Path.Combine(folder, "bulwark.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in account.EnvironmentOf("cli", account.Administrator))
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.Result);
    }
}
