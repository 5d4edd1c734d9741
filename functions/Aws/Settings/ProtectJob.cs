using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;

namespace Bulwark.Functions.Aws.Settings;

/// <summary>
/// What a job is asked for: <c>bootstrap protect s3://BUCKET/KEY [--version V]</c>, or <c>bootstrap protect</c> with
/// <c>BULWARK_JOB_SOURCE</c> and <c>BULWARK_JOB_VERSION</c>, where the key need not survive a shell.
/// </summary>
internal static class ProtectJob
{
    /// <summary>Exit code: protected, or nothing to do.</summary>
    public const int Good = 0;

    /// <summary>Exit code: refused.</summary>
    public const int Refused = 1;

    /// <summary>Exit code: failed, or wrong usage.</summary>
    public const int Failed = 2;

    private const string Scheme = "s3://";

    /// <summary>Reads the arguments that follow <c>protect</c>.</summary>
    /// <exception cref="FunctionException">BW2209.</exception>
    public static ObjectUploaded Parse(IReadOnlyList<string> arguments, FunctionEnvironment environment)
    {
        string? source = null, version = null;
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--version" && i + 1 < arguments.Count)
                version = arguments[++i];
            else if (source is null && !arguments[i].StartsWith('-'))
                source = arguments[i];
            else
                throw FunctionException.BadRequest("usage: bootstrap protect s3://BUCKET/KEY [--version VERSION]");
        }

        source ??= environment.Required("BULWARK_JOB_SOURCE");
        version ??= environment.Optional("BULWARK_JOB_VERSION");
        int slash = source.StartsWith(Scheme, StringComparison.Ordinal) ? source.IndexOf('/', Scheme.Length) : -1;
        if (slash <= Scheme.Length || slash == source.Length - 1)
            throw FunctionException.BadRequest("the source is not s3://BUCKET/KEY");
        return new ObjectUploaded { Store = "s3", Container = source[Scheme.Length..slash], Name = source[(slash + 1)..], Version = version };
    }

    /// <summary>The exit code of an answer.</summary>
    public static int ExitCodeOf(FunctionAnswer answer) => answer.Outcome == ProtectAnswer.Refused ? Refused : Good;
}
