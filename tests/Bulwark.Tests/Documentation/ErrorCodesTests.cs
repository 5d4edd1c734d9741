using System.Text.RegularExpressions;
using Bulwark.Testing;

namespace Bulwark.Tests.Documentation;

/// <summary>Holds docs/errors.md to the source: people and scripts look codes up there.</summary>
public sealed partial class ErrorCodesTests
{
    /// <summary>Codes that several factories share on purpose: one meaning, several things it can be said of.</summary>
    private static readonly string[] Shared = ["BW1202"];

    private static readonly List<(string File, string Source)> Sources =
    [
        .. new[] { "core", "functions" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Select(file => (file, File.ReadAllText(file))),
    ];

    private static readonly string[] Page = File.ReadAllLines(Path.Combine(SharedData.RepositoryRoot, "docs", "errors.md"));

    private static readonly List<Match> Rows = [.. Page.Select(line => Row().Match(line)).Where(row => row.Success)];

    [Fact]
    public void Every_code_in_the_source_is_explained_once_and_no_other_is()
    {
        string[] used = [.. Sources.SelectMany(s => Code().Matches(s.Source)).Select(m => m.Value.Trim('"')).Distinct().Order()];
        Assert.NotEmpty(used);
        string[] explained = [.. Rows.Select(row => row.Groups["code"].Value)];
        Assert.Equal([], explained.CountBy(code => code).Where(c => c.Value > 1).Select(c => c.Key));
        Assert.Equal([], used.Except(explained).Select(code => $"docs/errors.md lacks: | {code} | 1 or 2 | meaning | remedy |"));
        Assert.Equal([], explained.Except(used).Select(code => $"docs/errors.md explains {code}, which nothing raises"));
        Assert.Equal(explained.Order(StringComparer.Ordinal), explained);
        Assert.Equal(Rows.Count, Page.Count(line => line.StartsWith("| BW", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_row_says_what_it_means_and_what_to_do() => Assert.All(Rows, row =>
    {
        Assert.True(row.Groups["meaning"].Value.Length > 8, row.Value);
        Assert.True(row.Groups["remedy"].Value.Length > 8, row.Value);
    });

    [Fact]
    public void No_code_has_two_meanings()
    {
        var made = Sources
            .SelectMany(s => Made().Matches(s.Source).Select(m => (Code: m.Groups["code"].Value, s.File)))
            .GroupBy(m => m.Code)
            .ToList();
        Assert.NotEmpty(made);
        Assert.Equal([], made.Where(m => m.Select(x => x.File).Distinct().Count() > 1).Select(m => $"{m.Key} is made in {string.Join(" and ", m.Select(x => x.File))}"));
        Assert.Equal([], made.Where(m => m.Count() > 1).Select(m => m.Key).Except(Shared));
    }

    [Fact]
    public void The_exit_codes_are_those_of_the_source()
    {
        foreach (Match made in Sources.SelectMany(s => Made().Matches(s.Source)).Where(m => m.Groups["kind"].Success))
        {
            string code = made.Groups["code"].Value;
            string expected = made.Groups["kind"].Value == nameof(ErrorKind.Refused) ? "1" : "2";
            Assert.Equal((code, expected), (code, Rows.Find(row => row.Groups["code"].Value == code)?.Groups["exit"].Value));
        }
    }

    [GeneratedRegex("\"BW[0-9]{4}\"")]
    private static partial Regex Code();

    [GeneratedRegex("""new(?: \w+)?\(\s*"(?<code>BW[0-9]{4})",\s*(?:ErrorKind\.(?<kind>\w+))?""")]
    private static partial Regex Made();

    [GeneratedRegex(@"^\| (?<code>BW[0-9]{4}) \| (?<exit>[12]) \| (?<meaning>[^|]+) \| (?<remedy>[^|]+) \|$")]
    private static partial Regex Row();
}
