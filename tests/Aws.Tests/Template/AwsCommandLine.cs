using System.Diagnostics;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>The AWS command line, against an emulator.</summary>
/// <param name="endpoint">The emulator.</param>
/// <param name="accessKey">Access key; any while the emulator takes anyone's word.</param>
/// <param name="secretKey">Its secret.</param>
internal sealed class AwsCommandLine(Uri endpoint, string accessKey = "anyone", string secretKey = "anyone")
{
    /// <summary>Runs a command and insists on its success.</summary>
    /// <returns>What it printed, without white space around it.</returns>
    public string Run(params string[] arguments)
    {
        (int exitCode, string output, string errors) = Try(arguments);
        return exitCode == 0 ? output.Trim() : throw new InvalidOperationException($"aws {string.Join(' ', arguments)}: {errors}");
    }

    /// <summary>Runs a command.</summary>
    public (int ExitCode, string Output, string Errors) Try(params string[] arguments)
    {
        ProcessStartInfo start = new("aws", ["--endpoint-url", endpoint.ToString(), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["AWS_ACCESS_KEY_ID"] = accessKey;
        start.Environment["AWS_SECRET_ACCESS_KEY"] = secretKey;
        start.Environment["AWS_DEFAULT_REGION"] = "us-east-1";
        start.Environment["AWS_PAGER"] = "";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
