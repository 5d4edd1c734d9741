using System.Globalization;
using System.IO.Compression;
using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Watermarking;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Bulwark.Tests.Protection;

/// <summary>ONNX models that went through the main job, as ONNX Runtime computes them.</summary>
public sealed class OnnxRuntimeTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly MemoryObjectStore _store = new();
    private readonly ProtectionServices _services;

    public OnnxRuntimeTests() => _services = ProtectionTests.Services(_store) with { WatermarkKey = TestModel.Key() };

    [DataFact]
    public async Task A_classifier_of_digits_is_right_as_often_as_before()
    {
        const int Before = 343;
        byte[] source = await File.ReadAllBytesAsync(SharedData.PathOf("models", "onnx", "digits_cnn.onnx"));
        Assert.Equal(Before, CorrectDigits(source));
        (ProtectionResult result, byte[] opened) = await ProtectAsync("digits_cnn.onnx", source);
        Assert.Equal(("onnx", true), (result.Format, result.Watermark.Sealed));
        Assert.NotEqual(source, opened);
        // 0.3 points of 360 images.
        Assert.InRange(CorrectDigits(opened), Before - 1, Before + 1);
    }

    [DataTheory]
    [InlineData("silero_vad_16k_op15.onnx")]
    [InlineData("basic_pitch_nmp.onnx")]
    [InlineData("ch_ppocr_mobile_v2.0_cls_infer.onnx")]
    public async Task Trained_models_of_others_put_out_nearly_the_same(string name)
    {
        byte[] source = await File.ReadAllBytesAsync(SharedData.PathOf("models", "onnx", name));
        (ProtectionResult result, byte[] opened) = await ProtectAsync(name, source, budget: 0.01);
        Assert.True(result.Watermark.Applied || result.Watermark.Sealed, result.Watermark.ToString());
        Assert.NotEqual(source, opened);
        float[][] before = Outputs(source), after = Outputs(opened);
        Assert.Equal(before.Select(o => o.Length), after.Select(o => o.Length));
        foreach ((float[] one, float[] other) in before.Zip(after))
        {
            double difference = Math.Sqrt(one.Zip(other, (a, b) => Math.Pow(a - b, 2)).Average());
            // Noise is the hardest input: probabilities hover, and states follow every change.
            Assert.True(difference <= 0.1, string.Create(CultureInfo.InvariantCulture, $"{name}: {difference}"));
        }

        if (result.Watermark.Log10FalsePositive is <= -12)
        {
            WatermarkReading reading = await new ModelWatermarker(_services.State, TimeProvider.System)
                .DetectAsync(new MemoryReader("m", opened), [_services.WatermarkKey!], checkSeal: true, null, None);
            Assert.True(reading.IsMarked);
            Assert.True(reading.Seal?.IsIntact);
        }
    }

    private async Task<(ProtectionResult Result, byte[] Opened)> ProtectAsync(string name, byte[] source, double? budget = null)
    {
        ObjectRef put = _store.Put("in", name, source);
        ProtectionOptions options = new() { Watermark = new WatermarkSettings { OwnerId = 7, Seal = true, Budget = budget } };
        ProtectionResult result = await new ModelProtector(_services).ProtectAsync(put, "out", options, null, None);
        await using OpenedModel model = await new ModelOpener(_services).OpenAsync("out", result.Body, None);
        await using (IObjectWriter writer = await _store.CreateAsync("opened", name, WriteCondition.Any, None))
            await model.CopyToAsync(writer, null, None);
        return (result, _store.Get("opened", name));
    }

    /// <summary>How many of the 360 test images a model gets right.</summary>
    private static int CorrectDigits(byte[] model)
    {
        const int Pixels = 64, FirstTest = 1437;
        using var reader = new StreamReader(new GZipStream(File.OpenRead(SharedData.PathOf("models", "digits.csv.gz")), CompressionMode.Decompress));
        float[][] rows = [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(FirstTest)
            .Select(l => l.Split(',').Select(v => float.Parse(v, CultureInfo.InvariantCulture)).ToArray())];
        var images = new DenseTensor<float>(rows.SelectMany(r => r.Take(Pixels).Select(v => v / 16)).ToArray(), [rows.Length, 1, 8, 8]);
        using InferenceSession session = new(model);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run([NamedOnnxValue.CreateFromTensor(session.InputMetadata.Keys.Single(), images)]);
        float[] logits = [.. outputs.Single().AsEnumerable<float>()];
        return rows.Where((row, i) => Array.IndexOf(logits, logits[(10 * i)..(10 * i + 10)].Max(), 10 * i, 10) - (10 * i) == (int)row[Pixels]).Count();
    }

    /// <summary>What a model puts out for the same noise.</summary>
    private static float[][] Outputs(byte[] model)
    {
        var random = new Random(1);
        using InferenceSession session = new(model);
        List<NamedOnnxValue> inputs = [];
        foreach ((string name, NodeMetadata input) in session.InputMetadata)
        {
            // Dimensions that are free: one image or sound; 48x192 pixels, 512 samples.
            int[] shape = [.. input.Dimensions.Select((d, i) => d > 0 ? d : i == 0 || input.Dimensions.Length == 3 ? 1 : i == 1 ? 512 : i == 2 ? 48 : 192)];
            inputs.Add(input.ElementType == typeof(long)
                ? NamedOnnxValue.CreateFromTensor(name, new DenseTensor<long>(new long[] { 16_000 }, shape))
                : NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(
                    Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray(), shape)));
        }

        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run(inputs);
        return [.. outputs.Select(o => o.AsEnumerable<float>().ToArray())];
    }
}
