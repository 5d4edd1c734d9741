using Bulwark.Scanning;
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
}
