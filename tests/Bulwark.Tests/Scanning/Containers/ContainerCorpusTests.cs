using System.IO.Compression;
using Bulwark.Scanning;
using Bulwark.Scanning.Containers;
using Bulwark.Testing;
using Bulwark.Tests.Models;

namespace Bulwark.Tests.Scanning.Containers;

/// <summary>The labelled cases of containers and PyTorch's files.</summary>
public sealed class ContainerCorpusTests
{
    private static readonly string[] Formats = ["torch-zip", "torch-legacy", "zip", "npz", "joblib", "tar", "7z"];

    [DataFact]
    public async Task Labelled_containers_get_their_verdicts()
    {
        List<string> wrong = [];
        IReadOnlyList<(string Path, string Label)> cases = Corpus.Cases(Formats);
        foreach ((string path, string label) in cases)
        {
            ScanContext context = await ContainerProbe.RunAsync(await File.ReadAllBytesAsync(path), Path.GetFileName(path));
            bool right = label == "suspicious" ? context.Verdict != Verdict.Benign : string.Equals(context.Verdict.ToString(), label, StringComparison.OrdinalIgnoreCase);
            if (!right)
                wrong.Add($"{path}: {label}, but {context.Verdict} {context.Describe()}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(cases.Count > 40, $"only {cases.Count} cases");
    }

    [DataFact]
    public async Task Real_models_are_benign()
    {
        List<string> wrong = [];
        foreach (string folder in new[] { "torch-zip", "torch-legacy", "torch-tar", "numpy", "keras", "torchsharp" })
        {
            foreach (string path in Directory.EnumerateFiles(SharedData.PathOf("models", folder), "*", SearchOption.AllDirectories))
            {
                ScanContext context = await ContainerProbe.RunAsync(await File.ReadAllBytesAsync(path), Path.GetFileName(path));
                if (context.Findings.Count > 0)
                    wrong.Add($"{path}: {context.Describe()}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task An_archive_packed_again_and_again_in_another_is_followed_only_so_far()
    {
        // 20 kB that would take seconds: each copy costs what one large archive does.
        byte[] inner = Zip(Enumerable.Range(0, 2000).Select(i => ($"{i}.txt", "a"u8.ToArray())));
        ScanContext flat = await ContainerProbe.RunAsync(inner, "a.zip");
        Assert.Equal(Verdict.Benign, flat.Verdict);
        ScanContext few = await ContainerProbe.RunAsync(Zip(Enumerable.Range(0, 2).Select(i => ($"{i}.zip", inner))), "a.zip");
        Assert.Equal(Verdict.Benign, few.Verdict);
        ScanContext many = await ContainerProbe.RunAsync(Zip(Enumerable.Range(0, 6).Select(i => ($"{i}.zip", inner))), "a.zip");
        Assert.Contains(many.Findings, f => f.Rule == ContainerRules.TooMany);
    }

    private static byte[] Zip(IEnumerable<(string Name, byte[] Bytes)> members)
    {
        using MemoryStream bytes = new();
        using (ZipArchive archive = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in members)
            {
                using Stream entry = archive.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return bytes.ToArray();
    }
}
