using System.Text.Json;
using Bulwark.Testing;

namespace Bulwark.Tests.Models;

/// <summary>The labelled cases of the scanner.</summary>
internal static class Corpus
{
    /// <summary>Path and label of each case of one of the formats.</summary>
    public static IReadOnlyList<(string Path, string Label)> Cases(params string[] formats)
    {
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(SharedData.PathOf("scan", "expected.json")));
        return [.. expected.RootElement.GetProperty("files").EnumerateObject()
            .Where(e => formats.Length == 0 || formats.Contains(e.Value.GetProperty("format").GetString()))
            .Select(e => (SharedData.PathOf(["scan", .. e.Name.Split('/')]), e.Value.GetProperty("verdict").GetString()!))];
    }
}
