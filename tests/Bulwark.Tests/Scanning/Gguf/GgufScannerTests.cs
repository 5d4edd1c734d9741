using Bulwark.Scanning;
using Bulwark.Scanning.Gguf;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;
using Bulwark.Tests.Models.Gguf;

namespace Bulwark.Tests.Scanning.Gguf;

public sealed class GgufScannerTests
{
    private const string Escape = "{{ cycler.__init__.__globals__.os.popen('id').read() }}";

    private static async Task ExpectAsync(Verdict verdict, byte[] bytes)
    {
        ScanContext context = await ScanProbe.RunAsync(GgufScanner.ScanAsync, bytes, "model.gguf");
        Assert.True(context.Verdict == verdict, $"{context.Verdict} {context.Describe()}");
    }

    [Fact]
    public async Task Hostile_templates_are_found_under_every_key_that_holds_one()
    {
        foreach (string key in new[] { "tokenizer.chat_template", "tokenizer.chat_template.tool_use", "tokenizer.chat_template.rag", "chat_template", "tokenizer.template" })
            await ExpectAsync(Verdict.Malicious, new GgufBuilder().Text(key, Escape).Tensor("w", 0, [8], new byte[32]).Build());
        await ExpectAsync(Verdict.Benign, new GgufBuilder().Text("tokenizer.chat_template", "{% for m in messages %}{{ m.content }}{% endfor %}").Build());
        await ExpectAsync(Verdict.Suspicious, new GgufBuilder().Text("tokenizer.chat_template", "{{ broken").Build());
    }

    [Fact]
    public async Task A_hostile_template_stays_so_in_a_malformed_file()
    {
        await ExpectAsync(Verdict.Malicious, new GgufBuilder().Text("tokenizer.chat_template", Escape).Key("x", 99, [0]).Build());
        await ExpectAsync(Verdict.Malicious, new GgufBuilder { DeclaredTensors = 5 }.Text("tokenizer.chat_template", Escape).Build()[..]);
    }

    [Fact]
    public async Task What_follows_the_tensors_is_seen()
    {
        byte[] model = new GgufBuilder().Tensor("w", 0, [7], new byte[28]).Build();
        await ExpectAsync(Verdict.Benign, model);
        await ExpectAsync(Verdict.Benign, [.. model, 0, 0, 0, 0]);
        await ExpectAsync(Verdict.Suspicious, [.. model, 0, 0, 0, 0, 1, 2, 3]);
        await ExpectAsync(Verdict.Malicious, [.. model, 0, 0, 0, 0, .. ZipBytes.Tiny]);
        await ExpectAsync(Verdict.Malicious, [.. model, 0, 0, 0, 0, 0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, (byte)'N', (byte)'.']);
        await ExpectAsync(Verdict.Malicious, [.. model, 0, 0, 0, 0, 0x7F, (byte)'E', (byte)'L', (byte)'F', 2]);
    }

    [Fact]
    public async Task Odd_files_are_suspicious()
    {
        await ExpectAsync(Verdict.Suspicious, "tjgg\u0003\0\0\0"u8.ToArray());
        await ExpectAsync(Verdict.Suspicious, "GGML\u0003\0\0\0"u8.ToArray());
        await ExpectAsync(Verdict.Suspicious, new GgufBuilder { Version = 0x0300_0000 }.Build());
        await ExpectAsync(Verdict.Suspicious, new GgufBuilder().Text("general.description", "import os; os.system('id')").Build());
        await ExpectAsync(Verdict.Benign, new GgufBuilder().Text("general.url", "https://example.invalid/model").Text("general.license", "mit").Build());
    }

    [DataFact]
    public async Task Damaged_files_stop_no_scan()
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("scan", "malicious", "gguf", "chat_ssti_named.gguf"));
        await ParserFuzz.RunAsync(bytes, 0, async r => await ScanProbe.RunAsync(GgufScanner.ScanAsync, r, "m.gguf"));
    }
}
