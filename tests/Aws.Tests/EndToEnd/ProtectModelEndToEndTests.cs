using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Bulwark.CloudDoubles.Lambda;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests.EndToEnd;

/// <summary>
/// The main job as it runs on AWS: the native program under the Runtime API, as a user who may do exactly what the role of
/// <c>template.yaml</c> may, on emulators that verify signatures and enforce policies.
/// </summary>
public sealed class ProtectModelEndToEndTests(EmulatedAccountFixture fixture) : IClassFixture<EmulatedAccountFixture>
{
    private EmulatedAccount Account => fixture.Account;

    private static readonly string Model = Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");

    [EmulatedFact]
    public async Task A_model_that_lands_in_the_bucket_is_protected_and_the_command_line_gives_it_back()
    {
        const string Key = "fraud/mnist-mlp.safetensors";
        EmulatedAccount account = Account;
        LambdaRuntimeDouble lambda = fixture.Lambda;
        using LambdaProcess sandbox = LambdaProcess.Start(PublishedFactAttribute.Program, lambda.Address, account.EnvironmentOf("ProtectModel", fixture.Function));

        string uploaded = await account.UploadAsync(Key, await File.ReadAllBytesAsync(Model));
        LambdaCall first = await account.DeliverAsync(lambda, uploaded);
        LambdaCall again = await account.DeliverAsync(lambda, uploaded);

        Assert.True(first.Error is null, $"{first.ErrorMessage}\n{string.Join('\n', sandbox.Lines)}\n{sandbox.Errors}");
        Assert.Equal("protected", first.Json.GetProperty("outcome").GetString());
        Assert.Equal("already-protected", again.Json.GetProperty("outcome").GetString());
        Assert.Equal(
            [$"{Key}.claims.jsonl", $"{Key}.enc", $"{Key}.enc.json", $"{Key}.sig"],
            (await account.NamesAsync(EmulatedAccount.ProtectedBucket)).Where(n => n.StartsWith(Key, StringComparison.Ordinal)));
        Assert.Contains("checkpoint", await account.NamesAsync(EmulatedAccount.AuditBucket));
        Assert.Empty(await account.NamesAsync(EmulatedAccount.QuarantineBucket));

        string opened = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            (int code, string output) = Cli(account, "open", $"s3://{EmulatedAccount.ProtectedBucket}/{Key}.enc", "--cloud", "aws", "--out", opened, "--json");
            Assert.True(code == 0, output);
            Assert.Equal(first.Json.GetProperty("model").GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(opened))));
            Assert.Equal(new FileInfo(Model).Length, new FileInfo(opened).Length);
            Assert.Equal(0, Cli(account, "verify", $"{Key}.enc", "--cloud", "aws").Code);
            (code, output) = Cli(account, "log", "verify", "--cloud", "aws", "--json");
            Assert.True(code == 0, output);
            // One entry for the protection, though the event came twice, and one each for what the command line opened and verified.
            (_, output) = Cli(account, "log", "show", "--cloud", "aws", "--json");
            Assert.Single(
                JsonDocument.Parse(output).RootElement.EnumerateArray(),
                e => e.GetProperty("action").GetString() == "model.protected" && e.GetProperty("subject").GetString()!.Contains(Key, StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(opened);
        }
    }

    [EmulatedTheory]
    [InlineData("s3:GetObjectVersion", "denied")]
    [InlineData("s3:PutObject", "denied")]
    [InlineData("dynamodb:PutItem", "dynamodb:PutItem")]
    [InlineData("kms:Encrypt", "kms:Encrypt")]
    [InlineData("kms:Sign", "kms:Sign")]
    public async Task Without_one_of_its_permissions_it_says_so_writes_nothing_by_halves_and_the_event_is_kept(string permission, string named)
    {
        string key = $"without/{permission.Replace(':', '-')}.safetensors";
        using LambdaProcess sandbox = LambdaProcess.Start(PublishedFactAttribute.Program, fixture.Lambda.Address, Account.EnvironmentOf("ProtectModel", fixture.Without[permission]));

        LambdaCall call = await Account.DeliverAsync(fixture.Lambda, await Account.UploadAsync(key, await File.ReadAllBytesAsync(Model)));

        Assert.NotNull(call.Error);
        Assert.Contains(named, call.ErrorMessage, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(sandbox.Entries, e => e.GetProperty("level").GetString() == "error" && e.GetProperty("error").GetProperty("message").GetString()!.Contains(named, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(await Account.NamesAsync(EmulatedAccount.ProtectedBucket), name => name.StartsWith(key, StringComparison.Ordinal));
        Assert.Equal(0, await Account.OpenUploadsAsync(EmulatedAccount.ProtectedBucket));
        string message = Account.As(Account.Administrator).Run("sqs", "receive-message", "--queue-url", Account.FailedEvents, "--max-number-of-messages", "10", "--visibility-timeout", "0", "--query", "Messages[].Body", "--output", "text");
        Assert.Contains(key, message, StringComparison.Ordinal);
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
