using System.Text.RegularExpressions;
using Bulwark.Testing;

namespace Bulwark.Tests.Documentation;

/// <summary>A page that names another one must lead there.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void Every_relative_link_of_the_documentation_leads_to_a_file()
    {
        string root = SharedData.RepositoryRoot;
        string[] pages =
        [
            .. Directory.EnumerateFiles(root, "*.md"),
            .. new[] { "docs", "samples" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.md", SearchOption.AllDirectories)),
        ];
        Assert.NotEmpty(pages);
        Assert.Equal([], pages.SelectMany(page => Link().Matches(File.ReadAllText(page))
            .Select(link => link.Groups["to"].Value)
            .Where(to => !to.Contains(':', StringComparison.Ordinal) && !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, to)))
            .Select(to => $"{Path.GetRelativePath(root, page)} -> {to}")));
    }

    [GeneratedRegex(@"\]\((?<to>[^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
