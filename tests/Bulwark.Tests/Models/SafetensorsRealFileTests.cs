using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Bulwark.Models;
using Bulwark.Testing;

namespace Bulwark.Tests.Models;

/// <summary>Real models and the labelled cases of the scanning corpus.</summary>
public sealed class SafetensorsRealFileTests
{
    [DataTheory]
    [InlineData("digits_cnn.safetensors", 13)]
    [InlineData("mnist.safetensors", 20)]
    [InlineData("multi_layer.safetensors", 9)]
    [InlineData("silero_vad_16k.safetensors", 15)]
    public async Task A_real_model_is_mapped_exactly_as_an_independent_reading_of_its_header_says(string name, int count)
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("models", "safetensors", name));
        ModelFile model = await ModelFile.OpenAsync(new HeadOnlyReader(bytes), CancellationToken.None);

        Assert.Equal("safetensors", model.Format);
        Assert.Equal(count, model.Tensors.Count);
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using JsonDocument header = JsonDocument.Parse(Encoding.UTF8.GetString(bytes, 8, headerLength));
        var expected = header.RootElement.EnumerateObject().Where(m => m.Name != "__metadata__")
            .Select(m => (m.Name, DType: m.Value.GetProperty("dtype").GetString(),
                Shape: string.Join(',', m.Value.GetProperty("shape").EnumerateArray()),
                Begin: 8 + headerLength + m.Value.GetProperty("data_offsets")[0].GetInt64(),
                End: 8 + headerLength + m.Value.GetProperty("data_offsets")[1].GetInt64()))
            .OrderBy(t => t.Begin).ThenBy(t => t.End).ToList();
        Assert.Equal(expected, model.Tensors.Select(t => (t.Name, DType: (string?)t.DType.ToString(), Shape: string.Join(',', t.Shape), Begin: t.Offset, End: t.Offset + t.Length)));
        if (header.RootElement.TryGetProperty("__metadata__", out JsonElement metadata))
            Assert.Equal(metadata.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString()!), model.Metadata);
        else
            Assert.Empty(model.Metadata);
        Assert.Empty(Assert.IsType<SafetensorsFile>(model).UnknownMembers);
    }

    [DataFact]
    public async Task Every_safetensors_case_of_the_corpus_gets_its_verdict()
    {
        using JsonDocument expected = JsonDocument.Parse(await File.ReadAllTextAsync(SharedData.PathOf("scan", "expected.json")));
        int cases = 0;
        var wrong = new List<string>();
        foreach (JsonProperty entry in expected.RootElement.GetProperty("files").EnumerateObject())
        {
            if (!entry.Name.EndsWith(".safetensors", StringComparison.Ordinal))
                continue;
            cases++;
            var reader = new HeadOnlyReader(await File.ReadAllBytesAsync(SharedData.PathOf(["scan", .. entry.Name.Split('/')])), entry.Name);
            (ModelFile? model, string? code) = await reader.TryOpenAsync();
            // Suspicious is for people to review: the file opens, and says what is odd about it.
            string verdict = model switch
            {
                null => "refused",
                SafetensorsFile { UnknownMembers.Count: > 0 } => "suspicious",
                SafetensorsFile => "benign",
                _ => "opaque",
            };
            string label = entry.Value.GetProperty("verdict").GetString()!;
            if (verdict != (label is "malformed" or "malicious" ? "refused" : label))
                wrong.Add($"{entry.Name}: {label}, but {verdict} {code}");
        }

        Assert.Empty(wrong);
        Assert.True(cases >= 17, $"only {cases} cases found");
    }

    [DataFact]
    public async Task No_other_file_of_the_samples_is_taken_for_safetensors()
    {
        foreach (string path in Directory.EnumerateFiles(SharedData.PathOf("models"), "*", SearchOption.AllDirectories))
        {
            if (path.EndsWith(".safetensors", StringComparison.Ordinal))
                continue;
            ModelFile model = await ModelFile.OpenAsync(new HeadOnlyReader(await File.ReadAllBytesAsync(path), Path.GetFileName(path)), CancellationToken.None);
            Assert.NotEqual("safetensors", model.Format);
        }
    }
}
