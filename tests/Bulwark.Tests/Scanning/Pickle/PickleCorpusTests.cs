using System.Text.Json;
using Bulwark.Scanning;
using Bulwark.Testing;

namespace Bulwark.Tests.Scanning.Pickle;

public sealed class PickleCorpusTests
{
    [DataFact]
    public async Task Every_labelled_pickle_gets_its_verdict()
    {
        using JsonDocument expected = JsonDocument.Parse(await File.ReadAllBytesAsync(SharedData.PathOf("scan", "expected.json")));
        List<string> wrong = [];
        int count = 0;
        foreach (JsonProperty file in expected.RootElement.GetProperty("files").EnumerateObject())
        {
            byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("scan", file.Name));
            // The compressed ones, and those that begin as something else, are other scanners'.
            if (file.Value.GetProperty("format").GetString() != "pickle")
                continue;
            Verdict label = Enum.Parse<Verdict>(file.Value.GetProperty("verdict").GetString()!, ignoreCase: true);
            ScanContext context = await PickleScan.OfAsync(bytes);
            count++;
            bool right = label == Verdict.Suspicious ? context.Verdict >= Verdict.Suspicious : context.Verdict == label;
            if (!right)
                wrong.Add($"{file.Name} is {label}, got {PickleScan.Describe(context)}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count}:\n{string.Join('\n', wrong)}");
        Assert.InRange(count, 150, int.MaxValue);
    }
}
