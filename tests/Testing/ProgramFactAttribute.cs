using Xunit;

namespace Bulwark.Testing;

/// <summary>
/// A fact that checks us against a foreign program; skipped, with the reason shown, where that is not installed.
/// <c>BULWARK_REQUIRE_PROGRAMS=1</c> (set by <c>.ci/run</c>) turns the skip into a failure.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProgramFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    /// <param name="program">The program's name on the PATH.</param>
    /// <param name="files">Files or folders that it needs besides.</param>
    public ProgramFactAttribute(string program, params string[] files)
    {
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        bool found = path.Any(folder => File.Exists(Path.Combine(folder, program))) && files.All(Path.Exists);
        if (!found && Environment.GetEnvironmentVariable("BULWARK_REQUIRE_PROGRAMS") != "1")
            Skip = $"needs {string.Join(" and ", files.Prepend(program))}";
    }
}
