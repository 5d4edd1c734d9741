using System.IO.Compression;
using System.Text;
using Bulwark.Models.Pickle;
using Bulwark.Scanning;
using Bulwark.Scanning.Pickle;
using Bulwark.Tests.Models.Pickle;

namespace Bulwark.Tests.Scanning.Pickle;

/// <summary>Payloads that lie in a pickle as data, in every wrapping that Python takes off with one call.</summary>
public sealed class NestedPayloadTests
{
    private static readonly byte[][] Payloads =
    [
        new PickleWriter().Proto(4).StackGlobal("posix", "system").Text("echo pwned").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop().ToArray(),
        new PickleWriter().Proto(2).Call("os", "system", "echo pwned").Stop().ToArray(),
        "cos\nsystem\n(S'echo pwned'\ntR."u8.ToArray(),
        "(S'echo pwned'\nios\nsystem\n."u8.ToArray(),
    ];

    private static readonly (string Name, Func<byte[], byte[]> Wrap)[] Wrappings =
    [
        ("plain", p => p),
        ("base64", p => Latin1(Convert.ToBase64String(p))),
        ("base64 in lines", p => Latin1(string.Join('\n', Convert.ToBase64String(p).Chunk(20).Select(c => new string(c))) + "\n")),
        ("base64 behind a space", p => Latin1(" " + Convert.ToBase64String(p))),
        ("base64 twice", p => Latin1(Convert.ToBase64String(Latin1(Convert.ToBase64String(p))))),
        ("base64 of zlib", p => Latin1(Convert.ToBase64String(Zlib(p)))),
        ("base32", p => Latin1(Base32(p))),
        ("hexadecimal", p => Latin1(Convert.ToHexStringLower(p))),
        ("upper hexadecimal", p => Latin1(Convert.ToHexString(p))),
        ("zlib", Zlib),
        ("gzip", Gzip),
        ("bzip2", p => Python.Bzip2(p)),
        ("xz", p => Python.Xz(p)),
    ];

    [Fact]
    public async Task A_payload_is_found_in_every_wrapping()
    {
        List<string> missed = [];
        foreach (byte[] payload in Payloads)
        {
            foreach ((string name, Func<byte[], byte[]> wrap) in Wrappings)
            {
                byte[] wrapped = wrap(payload);
                if (wrapped.Length == 0)
                    continue;
                ScanContext context = await PickleScan.OfAsync(new PickleWriter().Proto(4).Op(PickleOpcode.EmptyDict).Text("x").Bytes(wrapped).Op(PickleOpcode.SetItem).Stop().ToArray());
                if (context.Verdict != Verdict.Suspicious || context.Findings.All(f => f.Rule != PickleRules.NestedPayload))
                    missed.Add($"{name} of {payload.Length} bytes: {PickleScan.Describe(context)}");
            }
        }

        Assert.True(missed.Count == 0, string.Join('\n', missed));
    }

    [Fact]
    public async Task A_payload_below_the_deepest_level_that_is_looked_into_is_told()
    {
        byte[] payload = Payloads[0];
        for (int level = 0; level < 9; level++)
        {
            payload = new PickleWriter().Proto(4).Bytes(payload).Stop().ToArray();
            ScanContext context = await PickleScan.OfAsync(payload);
            Assert.True(context.Verdict == Verdict.Suspicious, $"{level}: {PickleScan.Describe(context)}");
        }
    }

    [Fact]
    public async Task Harmless_values_in_the_same_wrappings_are_benign()
    {
        byte[] harmless = new PickleWriter().Proto(4).Op(PickleOpcode.EmptyDict).Text("epoch").Int(3).Op(PickleOpcode.SetItem).Stop().ToArray();
        foreach ((string name, Func<byte[], byte[]> wrap) in Wrappings)
        {
            byte[] wrapped = wrap(harmless);
            ScanContext context = await PickleScan.OfAsync(new PickleWriter().Proto(4).Bytes(wrapped).Stop().ToArray());
            Assert.True(context.Verdict == Verdict.Benign, $"{name}: {PickleScan.Describe(context)}");
        }

        foreach (string text in new[] { "(1, 2)\n(3, 4)", "cat\ndog\n", "gASVhbGxv", "(Some text)\nand more", "eJyrVgoA", "QABBCDEFGHIJKLMNOP", "fooBarBazQuxFooBarBaz", "63ab12cd34ef56ab78", "2809abcdef0123456789" })
        {
            ScanContext context = await PickleScan.OfAsync(new PickleWriter().Proto(4).Text(text).Stop().ToArray());
            Assert.True(context.Verdict == Verdict.Benign, $"{text}: {PickleScan.Describe(context)}");
        }
    }

    [Fact]
    public async Task A_payload_in_base85_or_behind_the_escapes_of_a_string_is_found()
    {
        string escaped = string.Concat(Payloads[0].Select(b => $"\\x{b:x2}"));
        ScanContext context = await PickleScan.OfAsync(Encoding.Latin1.GetBytes($"S'{escaped}'\n."));
        Assert.Contains(context.Findings, f => f.Rule == PickleRules.NestedPayload);
        foreach (bool ascii in new[] { false, true })
        {
            context = await PickleScan.OfAsync(new PickleWriter().Proto(4).Text(Base85(Payloads[0], ascii)).Stop().ToArray());
            Assert.True(context.Findings.Any(f => f.Rule == PickleRules.NestedPayload), PickleScan.Describe(context));
        }
    }

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] Zlib(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var zlib = new ZLibStream(stream, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(bytes);
        return stream.ToArray();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(bytes);
        return stream.ToArray();
    }

    private static string Base32(byte[] bytes)
    {
        const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var text = new StringBuilder();
        int bits = 0, held = 0;
        foreach (byte b in bytes)
        {
            bits = ((bits << 8) | b) & 0xFFFF;
            for (held += 8; held >= 5; held -= 5)
                text.Append(Digits[(bits >> (held - 5)) & 31]);
        }

        if (held > 0)
            text.Append(Digits[(bits << (5 - held)) & 31]);
        return text.ToString().PadRight((text.Length + 7) / 8 * 8, '=');
    }

    private static string Base85(byte[] bytes, bool ascii)
    {
        const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
        var text = new StringBuilder();
        for (int at = 0; at < bytes.Length; at += 4)
        {
            int length = Math.Min(4, bytes.Length - at);
            uint value = 0;
            for (int i = 0; i < 4; i++)
                value = (value << 8) | (i < length ? bytes[at + i] : 0u);
            char[] group = new char[5];
            for (int i = 4; i >= 0; i--, value /= 85)
                group[i] = ascii ? (char)('!' + (value % 85)) : Digits[(int)(value % 85)];
            text.Append(group, 0, length + 1);
        }

        return text.ToString();
    }

    /// <summary>Compressed by Python's bz2 and lzma, of the payloads above in their order; nothing for other bytes, which .NET cannot compress so.</summary>
    private static class Python
    {
        public static byte[] Bzip2(byte[] payload) => payload.AsSpan().SequenceEqual(Payloads[1]) ? Convert.FromBase64String(Bzip2Text) : [];

        public static byte[] Xz(byte[] payload) => payload.AsSpan().SequenceEqual(Payloads[1]) ? Convert.FromBase64String(XzText) : [];

        private const string Bzip2Text = "QlpoOTFBWSZTWSKXXXQAAAzTwBAQQAEQAA5DzKBCBCAAMUwmmgNMQpo0GgyZqOG4qDuSRnU4erbCKCgH8XckU4UJAil110A=";
        private const string XzText = "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAbgAJjb3MKc3lzdGVtCowKZWNobyBwd25lZIVSLgA0oaLZZ74FTQABNByTGq2PH7bzfQEAAAAABFla";
    }
}
