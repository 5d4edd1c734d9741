using System.Text;
using Bulwark.Scanning;
using Bulwark.Scanning.Keras;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;
using Bulwark.Tests.Models;
using Bulwark.Tests.Models.Keras;

namespace Bulwark.Tests.Scanning.Keras;

/// <summary>The labelled archives, as far as they are Keras' business: what is wrong with a zip and with its members is the container scanner's.</summary>
public sealed class KerasCorpusTests
{
    [DataFact]
    public async Task Labelled_archives_get_their_verdicts()
    {
        int seen = 0;
        foreach ((string path, string label) in Corpus.Cases("keras-zip"))
        {
            if (Path.GetFileName(path) is "slip_member.keras" or "npz_object_weights.keras" or "nested_quantized_pickle.keras")
                continue;
            ScanContext context = await ScanProbe.RunFileAsync(ScanProbe.KerasZipAsync, path);
            Assert.True(string.Equals(context.Verdict.ToString(), label, StringComparison.OrdinalIgnoreCase), $"{path}: {context.Describe()}");
            seen++;
        }

        Assert.True(seen >= 7);
    }

    [DataFact]
    public async Task A_real_model_is_benign() =>
        Assert.Equal("", (await ScanProbe.RunFileAsync(ScanProbe.KerasZipAsync, SharedData.PathOf("models", "keras", "mnist.keras"))).Describe());

    [Fact]
    public async Task Damaged_archives_are_scanned_without_a_fault_of_ours()
    {
        byte[] original = KerasArchive.Make("""{"module": "keras", "class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda", "config": {"function": ["4wEAAAAA", null]}}]}}""", compress: true);
        await ParserFuzz.RunAsync(original, 0, r => ScanProbe.RunAsync(ScanProbe.KerasZipAsync, r, "model.keras"), "model.keras");
        byte[] json = Encoding.UTF8.GetBytes("""{"class_name": "StringLookup", "config": {"vocabulary": ["a", "\u00e9"], "x": [1.5e3, NaN, {"y": null}]}}""");
        await ParserFuzz.RunAsync(json, 0, r => ScanProbe.RunAsync((c, p, d, x, t) => KerasConfigScanner.ScanAsync(c, p, d, KerasSource.Archive, x, t), r, "config.json"), "config.json");
    }
}
