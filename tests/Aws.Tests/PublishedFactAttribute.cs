using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests;

/// <summary>
/// A fact about the program as it is deployed: <c>BULWARK_BOOTSTRAP</c>, or what <c>make build-ProtectModel ARTIFACTS_DIR=out/aws</c> made.
/// Skipped, with the reason shown, where there is none; <c>BULWARK_REQUIRE_PROGRAMS=1</c> (set by <c>.ci/run</c>, which makes it) makes
/// that a failure.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PublishedFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public PublishedFactAttribute()
    {
        if (!File.Exists(Program) && Environment.GetEnvironmentVariable("BULWARK_REQUIRE_PROGRAMS") != "1")
            Skip = "needs the published program: make build-ProtectModel ARTIFACTS_DIR=out/aws";
    }

    /// <summary>The program.</summary>
    public static string Program { get; } =
        Environment.GetEnvironmentVariable("BULWARK_BOOTSTRAP") is { Length: > 0 } named ? named : Path.Combine(SharedData.RepositoryRoot, "out", "aws", "bootstrap");
}
