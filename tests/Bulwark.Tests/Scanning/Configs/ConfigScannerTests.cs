using System.Text;
using Bulwark.Scanning;
using Bulwark.Scanning.Configs;
using Bulwark.Testing;
using Bulwark.Tests.Models;

namespace Bulwark.Tests.Scanning.Configs;

public sealed class ConfigScannerTests
{
    private static Task<ScanContext> ScanAsync(string text, string name = "config.json") => ScanProbe.RunAsync(ConfigScanner.ScanAsync, Encoding.UTF8.GetBytes(text), name);

    [DataFact]
    public async Task Every_template_and_configuration_of_the_corpus_gets_its_verdict()
    {
        List<string> wrong = [];
        foreach ((string path, string label) in Corpus.Cases("chat-template", "config"))
        {
            ScanContext context = await ScanProbe.RunFileAsync(ConfigScanner.ScanAsync, path);
            if (!string.Equals(context.Verdict.ToString(), label, StringComparison.OrdinalIgnoreCase))
                wrong.Add($"{path}: {label}, but {context.Verdict} {context.Describe()}");
        }

        Assert.Empty(wrong);
    }
}
