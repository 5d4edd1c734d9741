using System.Runtime.CompilerServices;
using Xunit;

namespace Bulwark.Testing;

/// <summary>
/// Finds the labelled cases and vectors that live beside the project (<c>../shared/data</c>, or BULWARK_TEST_DATA).
/// They are other people's data, so they are read in place and never copied into the project.
/// </summary>
public static class SharedData
{
    /// <summary>The root of the checkout: the folder that holds Serverless.sln.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>The data folder, or null where there is none.</summary>
    public static string? Folder { get; } = FindFolder();

    /// <summary>Path of a file or folder below the data folder.</summary>
    public static string PathOf(params string[] parts) =>
        Path.Combine([Folder ?? throw new InvalidOperationException("No shared data here; use [DataFact]."), .. parts]);

    private static string? FindFolder()
    {
        string? folder = Environment.GetEnvironmentVariable("BULWARK_TEST_DATA");
        if (string.IsNullOrEmpty(folder))
            folder = Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared", "data"));
        if (Directory.Exists(folder))
            return folder;
        if (Environment.GetEnvironmentVariable("BULWARK_REQUIRE_DATA") == "1")
            throw new DirectoryNotFoundException($"BULWARK_REQUIRE_DATA=1, but {folder} does not exist.");
        return null;
    }

    private static string FindRepositoryRoot([CallerFilePath] string thisFile = "")
    {
        foreach (string? start in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(thisFile) })
        {
            for (DirectoryInfo? folder = start is null ? null : new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Serverless.sln")))
                    return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("Serverless.sln was not found above the test assembly.");
    }
}

/// <summary>A fact that reads the shared data; skipped, with the reason shown, where that folder is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DataFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public DataFactAttribute() => Skip = SharedData.Folder is null ? DataTheoryAttribute.Reason : null;
}

/// <summary>A theory that reads the shared data; skipped, with the reason shown, where that folder is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DataTheoryAttribute : TheoryAttribute
{
    internal const string Reason = "needs the shared test data (../shared/data or BULWARK_TEST_DATA)";

    /// <summary>Marks the test.</summary>
    public DataTheoryAttribute() => Skip = SharedData.Folder is null ? Reason : null;
}
