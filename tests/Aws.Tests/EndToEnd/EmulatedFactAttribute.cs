namespace Bulwark.Functions.Aws.Tests.EndToEnd;

/// <summary>
/// A fact about the program as it is deployed, against emulators; skipped, with the reason shown, where the program was not published or
/// an emulator is not installed. <c>BULWARK_REQUIRE_PROGRAMS=1</c> (set by <c>.ci/run</c>) turns the skip into a failure.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EmulatedFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public EmulatedFactAttribute() => Skip = Reason;

    /// <summary>Why it cannot run here; null when it can, or must.</summary>
    internal static string? Reason { get; } =
        Environment.GetEnvironmentVariable("BULWARK_REQUIRE_PROGRAMS") == "1" ? null
        : !File.Exists(PublishedFactAttribute.Program) ? "needs the published program: make build-ProtectModel ARTIFACTS_DIR=out/aws"
        : new[] { "moto_server", "aws", "cfn-lint" }.FirstOrDefault(p => !IsOnPath(p)) is { } program ? $"needs {program}"
        : null;

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
