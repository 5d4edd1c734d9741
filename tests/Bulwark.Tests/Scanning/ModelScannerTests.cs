using Bulwark.Scanning;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Models;

namespace Bulwark.Tests.Scanning;

/// <summary>The front door on all labelled cases and real models: it must find the format by itself.</summary>
public sealed class ModelScannerTests
{
    [DataFact]
    public async Task Every_labelled_case_gets_its_verdict()
    {
        List<string> wrong = [];
        IReadOnlyList<(string Path, string Label)> cases = Corpus.Cases();
        foreach ((string path, string label) in cases)
        {
            ScanReport report = await ScanAsync(path);
            bool right = Enum.Parse<Verdict>(label, ignoreCase: true) switch
            {
                Verdict.Benign => report.Verdict == Verdict.Benign,
                Verdict.Suspicious => report.Verdict >= Verdict.Suspicious,
                _ => report.Verdict >= Verdict.Malformed,
            };
            if (!right)
                wrong.Add(Describe(path, report, label));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(cases.Count >= 300, $"only {cases.Count} cases");
    }

    [DataFact]
    public async Task Every_real_model_is_benign()
    {
        List<string> wrong = [];
        foreach (string path in Directory.EnumerateFiles(SharedData.PathOf("models"), "*", SearchOption.AllDirectories))
        {
            ScanReport report = await ScanAsync(path);
            if (report.Verdict != Verdict.Benign)
                wrong.Add(Describe(path, report, "benign"));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task What_decides_is_among_the_findings_however_many_come_before_it()
    {
        // Ten classes of one's own, then a payload, and room for five findings.
        string classes = string.Concat(Enumerable.Range(0, 10).Select(i => $"cown{i}\nModel\n(tR0"));
        await using MemoryReader reader = new("many.pkl", System.Text.Encoding.ASCII.GetBytes(classes + "cposix\nsystem\n(S'id'\ntR."));
        ScanReport report = await new ModelScanner(new ScanLimits { MaxFindings = 5 }).ScanAsync(reader, CancellationToken.None);
        Assert.Equal(Verdict.Malicious, report.Verdict);
        Assert.Equal(5, report.Findings.Count);
        Assert.Equal(Verdict.Malicious, report.Worst!.Rule.Verdict);
    }

    private static string Describe(string path, ScanReport report, string label) =>
        $"{path}: {label}, but {report.Format} {report.Verdict} {string.Join("; ", report.Findings.Take(3).Select(f => $"{f.Rule.Id} {f.Path} {f.Message}"))}";

    private static async Task<ScanReport> ScanAsync(string path)
    {
        await using MemoryReader reader = new(Path.GetFileName(path), await File.ReadAllBytesAsync(path));
        return await new ModelScanner().ScanAsync(reader, CancellationToken.None);
    }
}
