using Xunit;

namespace Bulwark.Testing;

/// <summary>
/// A theory that checks us against the system's Python with packages of the distribution and against the shared data; skipped, with
/// the reason shown, where either is missing. <c>BULWARK_REQUIRE_PROGRAMS=1</c> (set by <c>.ci/run</c>) makes a missing package a failure.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonTheoryAttribute : TheoryAttribute
{
    /// <summary>The interpreter that finds the distribution's packages, whatever else is on the PATH.</summary>
    public const string Interpreter = "/usr/bin/python3";

    /// <summary>Marks the test.</summary>
    /// <param name="packages">What it imports, such as <c>numpy</c>.</param>
    public PythonTheoryAttribute(params string[] packages)
    {
        bool found = File.Exists(Interpreter) && packages.All(p => Directory.Exists(Path.Combine("/usr/lib/python3/dist-packages", p)));
        Skip = SharedData.Folder is null ? DataTheoryAttribute.Reason
            : found || Environment.GetEnvironmentVariable("BULWARK_REQUIRE_PROGRAMS") == "1" ? null
            : $"needs {string.Join(" and ", packages.Select(p => $"python3-{p}").Prepend(Interpreter))}";
    }
}
