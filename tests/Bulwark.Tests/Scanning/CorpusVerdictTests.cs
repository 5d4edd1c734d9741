using Bulwark.Scanning;
using Bulwark.Scanning.Disguise;
using Bulwark.Scanning.Gguf;
using Bulwark.Scanning.Numpy;
using Bulwark.Scanning.Onnx;
using Bulwark.Scanning.Safetensors;
using Bulwark.Scanning.TorchSharp;
using Bulwark.Testing;
using Bulwark.Tests.Models;

namespace Bulwark.Tests.Scanning;

/// <summary>The labelled cases of the tensor formats, each given to the scanner of its format.</summary>
public sealed class CorpusVerdictTests
{
    private static async Task CheckAsync(ScanProbe.Scanner scanner, int least, params string[] formats)
    {
        List<string> wrong = [];
        IReadOnlyList<(string Path, string Label)> cases = Corpus.Cases(formats);
        foreach ((string path, string label) in cases)
        {
            ScanContext context = await ScanProbe.RunFileAsync(scanner, path);
            if (!string.Equals(context.Verdict.ToString(), label, StringComparison.OrdinalIgnoreCase))
                wrong.Add($"{path}: {label}, but {context.Verdict} {context.Describe()}");
        }

        Assert.Empty(wrong);
        Assert.True(cases.Count >= least, $"only {cases.Count} cases");
    }

    private static async Task BenignAsync(ScanProbe.Scanner scanner, params string[] paths)
    {
        foreach (string path in paths)
        {
            ScanContext context = await ScanProbe.RunFileAsync(scanner, SharedData.PathOf(["models", .. path.Split('/')]));
            Assert.True(context.Verdict == Verdict.Benign && context.Findings.Count == 0, $"{path}: {context.Describe()}");
        }
    }

    [DataFact]
    public Task Safetensors_cases_get_their_verdicts() => CheckAsync(SafetensorsScanner.ScanAsync, 16, "safetensors");

    [DataFact]
    public Task Gguf_cases_get_their_verdicts() => CheckAsync(GgufScanner.ScanAsync, 18, "gguf");

    [DataFact]
    public Task Onnx_cases_get_their_verdicts() => CheckAsync(OnnxScanner.ScanAsync, 12, "onnx");

    [DataFact]
    public Task Numpy_cases_get_their_verdicts() => CheckAsync(NpyScanner.ScanAsync, 8, "npy");

    [DataFact]
    public Task TorchSharp_cases_get_their_verdicts() => CheckAsync(TorchSharpScanner.ScanAsync, 7, "torchsharp");

    [DataFact]
    public async Task Disguised_programs_get_their_verdicts()
    {
        foreach ((string path, _) in Corpus.Cases("disguised").Where(c => c.Label == "suspicious"))
            Assert.Equal(Verdict.Suspicious, (await ScanProbe.RunFileAsync(DisguiseScanner.ScanAsync, path)).Verdict);
        foreach (string path in Directory.EnumerateFiles(SharedData.PathOf("models"), "*", SearchOption.AllDirectories))
            Assert.Equal(Verdict.Benign, (await ScanProbe.RunFileAsync(DisguiseScanner.ScanAsync, path)).Verdict);
    }

    [DataFact]
    public async Task Real_models_are_benign()
    {
        await BenignAsync(SafetensorsScanner.ScanAsync, "safetensors/digits_cnn.safetensors", "safetensors/mnist.safetensors", "safetensors/multi_layer.safetensors", "safetensors/silero_vad_16k.safetensors");
        await BenignAsync(GgufScanner.ScanAsync, "gguf/digits_cnn.gguf", "gguf/stories260K.gguf");
        await BenignAsync(OnnxScanner.ScanAsync, "onnx/basic_pitch_nmp.onnx", "onnx/ch_ppocr_mobile_v2.0_cls_infer.onnx", "onnx/digits_cnn.onnx", "onnx/digits_cnn_external.onnx", "onnx/silero_vad_16k_op15.onnx");
        await BenignAsync(TorchSharpScanner.ScanAsync, "torchsharp/adam1.dat", "torchsharp/bug510.dat", "torchsharp/digits_cnn.dat", "torchsharp/sgd1.dat", "torchsharp/tensor2345.dat");
    }
}
