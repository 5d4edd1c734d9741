using Bulwark.Scanning;
using Bulwark.Scanning.Numpy;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;
using Bulwark.Tests.Models.Numpy;

namespace Bulwark.Tests.Scanning.Numpy;

public sealed class NpyScannerTests
{
    private static readonly byte[] Payload = [0x80, 2, .. "cposix\nsystem\nX\u0007\0\0\0echo hi"u8, 0x85, (byte)'R', (byte)'.'];

    private static async Task ExpectAsync(Verdict verdict, byte[] bytes)
    {
        ScanContext context = await ScanProbe.RunAsync(NpyScanner.ScanAsync, bytes, "a.npy");
        Assert.True(context.Verdict == verdict, $"{context.Verdict} {context.Describe()}");
    }

    [Theory]
    [InlineData("'|O'")]
    [InlineData("[('a', 'O', (2,))]")]
    [InlineData("[('a', [('b', '|O')])]")]
    public async Task A_payload_behind_any_description_with_objects_is_found(string descr)
    {
        foreach (byte major in new byte[] { 1, 2, 3 })
            await ExpectAsync(Verdict.Malicious, NpyFileTests.File(NpyFileTests.Header(descr, "(1,)"), Payload, major));
        await ExpectAsync(Verdict.Malicious, NpyFileTests.File(NpyFileTests.Header(descr, "(1,)", "True"), "cposix\nsystem\n(S'id'\ntR."u8.ToArray()));
    }

    [Fact]
    public async Task What_follows_the_elements_is_seen()
    {
        byte[] array = NpyFileTests.File(NpyFileTests.Header("'<f4'", "(2,)"), new byte[8]);
        await ExpectAsync(Verdict.Benign, array);
        await ExpectAsync(Verdict.Suspicious, [.. array, 1, 2, 3]);
        await ExpectAsync(Verdict.Malicious, [.. array, .. Payload]);
        await ExpectAsync(Verdict.Malicious, [.. array, .. ZipBytes.Tiny]);
        await ExpectAsync(Verdict.Malformed, array[..^1]);
    }

    [Fact]
    public async Task A_pickle_for_elements_is_suspicious()
    {
        foreach (byte[] payload in new[] { Payload, "cposix\nsystem\n(S'id'\ntR."u8.ToArray() })
            await ExpectAsync(Verdict.Suspicious, NpyFileTests.File(NpyFileTests.Header("'|u1'", $"({payload.Length},)"), payload));
        byte[] harmless = [0x80, 2, (byte)'K', 1, (byte)'.', 0, 0, 0];
        await ExpectAsync(Verdict.Benign, NpyFileTests.File(NpyFileTests.Header("'|u1'", "(8,)"), harmless));
    }

    [DataFact]
    public async Task Damaged_arrays_stop_no_scan()
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("scan", "malicious", "numpy", "structured_object_evil.npy"));
        await ParserFuzz.RunAsync(bytes, 0, async r => await ScanProbe.RunAsync(NpyScanner.ScanAsync, r, "a.npy"));
    }
}
