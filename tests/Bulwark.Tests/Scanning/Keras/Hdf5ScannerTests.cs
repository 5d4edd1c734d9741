using Bulwark.Scanning;
using Bulwark.Scanning.Disguise;
using Bulwark.Scanning.Keras;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;
using Bulwark.Tests.Models;
using Bulwark.Tests.Models.Hdf5;
using static Bulwark.Tests.Models.Hdf5.Hdf5Builder;

namespace Bulwark.Tests.Scanning.Keras;

public sealed class Hdf5ScannerTests
{
    private const string Lambda = """{"class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda", "config": {"function": ["4wEAAAAA", null, null]}}]}}""";

    private static Task<ScanContext> ScanAsync(byte[] bytes, ScanContext.ContentScan? nested = null) => ScanProbe.RunAsync(Hdf5Scanner.ScanAsync, bytes, "model.h5", nested);

    private static byte[] Root(params byte[][] messages)
    {
        var file = new Hdf5Builder();
        return file.ToArray(file.Header(messages));
    }

    private static async Task ExpectAsync(ScanRule rule, byte[] bytes)
    {
        ScanContext context = await ScanAsync(bytes);
        Assert.True(context.Findings.Any(f => f.Rule == rule), $"{rule.Id}: {context.Describe()}");
        Assert.Equal(rule.Verdict, context.Verdict);
    }

    [DataFact]
    public async Task Labelled_files_get_their_verdicts()
    {
        IReadOnlyList<(string Path, string Label)> cases = Corpus.Cases("keras-h5");
        Assert.True(cases.Count >= 6);
        foreach ((string path, string label) in cases)
        {
            ScanContext context = await ScanProbe.RunFileAsync(Hdf5Scanner.ScanAsync, path);
            Assert.True(string.Equals(context.Verdict.ToString(), label, StringComparison.OrdinalIgnoreCase), $"{path}: {context.Describe()}");
        }
    }

    [DataFact]
    public async Task Real_models_are_benign()
    {
        foreach (string name in new[] { "fer2013_mini_XCEPTION.hdf5", "tiny_XCEPTION_KDEF.hdf5" })
        {
            ScanContext context = await ScanProbe.RunFileAsync(Hdf5Scanner.ScanAsync, SharedData.PathOf("models", "keras", name));
            Assert.True(context.Findings.Count == 0, context.Describe());
        }
    }

    [Fact]
    public async Task Honest_files_of_both_forms_are_benign()
    {
        foreach (byte[] bytes in new[] { Hdf5Samples.Newest, Hdf5Samples.Oldest })
            Assert.Equal("", (await ScanAsync(bytes)).Describe());
    }

    [Fact]
    public async Task Configurations_are_found_wherever_attributes_are_stored()
    {
        await ExpectAsync(KerasRules.Lambda, Root(Text("model_config", Lambda)));
        await ExpectAsync(KerasRules.Lambda, Root(Text("training_config", Lambda)));
        var builder = new Hdf5Builder();
        await ExpectAsync(KerasRules.Lambda, builder.ToArray(builder.Header(Link("sub", builder.Header(Text("model_config", Lambda))))));
        await ExpectAsync(KerasRules.BadConfiguration, Root(Text("model_config", "{oops")));

        // In a fractal heap: the sample's configuration, one letter of which is changed in place.
        byte[] dense = [.. Hdf5Samples.Newest];
        int at = dense.AsSpan().IndexOf("\"Dense\""u8);
        "\"run\"  "u8.CopyTo(dense.AsSpan(at));
        Assert.Equal(Verdict.Suspicious, (await ScanAsync(dense)).Verdict);
    }

    [Fact]
    public async Task Ways_out_of_the_file_are_reported_by_their_kind()
    {
        await ExpectAsync(KerasRules.ExternalLink, Root(ExternalLink("w", "/etc/passwd", "/w")));
        await ExpectAsync(KerasRules.ForeignReference, Root(UserLink("w")));
        var builder = new Hdf5Builder();
        byte[] layout = Message(8, [4, 3, .. U64(0), 0, 0, 0, 0]);
        await ExpectAsync(KerasRules.VirtualDataset, builder.ToArray(builder.Header(Link("w", builder.Header(Space(2), FloatType(), layout)))));
        builder = new Hdf5Builder();
        long heapData = builder.Data("\0/etc/passwd\0"u8.ToArray());
        long heap = builder.Data([.. "HEAP"u8, 0, 0, 0, 0, .. U64(16), .. U64(-1), .. U64(heapData)]);
        byte[] files = Message(7, [1, 0, 0, 0, 1, 0, 1, 0, .. U64(heap), .. U64(1), .. U64(0), .. U64(8)]);
        byte[] external = builder.ToArray(builder.Header(Link("w", builder.Header(Space(2), FloatType(), Contiguous(-1, 8), files))));
        await ExpectAsync(KerasRules.ExternalStorage, external);
        Assert.Contains("/etc/passwd", (await ScanAsync(external)).Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payload_counts_although_the_file_is_broken_elsewhere()
    {
        var builder = new Hdf5Builder();
        byte[] bytes = builder.ToArray(builder.Header(Text("model_config", Lambda), Link("bad", 1 << 30)));
        ScanContext context = await ScanAsync(bytes);
        Assert.Equal(Verdict.Malicious, context.Verdict);
        Assert.Contains(context.Findings, f => f.Rule == KerasRules.BrokenHdf5);
    }

    [Fact]
    public async Task Pickles_in_attributes_are_handed_on()
    {
        List<string> nested = [];
        ScanContext context = await ScanAsync(Root(Text("TITLE", [0x80, 2, (byte)'N', (byte)'.']), Text("old", "cos\nsystem\n(S'id'\ntR."), Text("prose", "Ends in a full stop.")), (content, path, _, _, _) =>
        {
            nested.Add(path);
            return Task.CompletedTask;
        });
        Assert.Equal(["model.h5#TITLE", "model.h5#old"], nested);
    }

    [Fact]
    public async Task What_stands_before_and_behind_the_content_is_reported()
    {
        byte[] block = new byte[512];
        "#!/bin/sh\nid\n"u8.CopyTo(block);
        var builder = new Hdf5Builder(block);
        await ExpectAsync(KerasRules.UserBlock, builder.ToArray(builder.Header()));
        builder = new Hdf5Builder(new byte[512]);
        Assert.Equal(Verdict.Benign, (await ScanAsync(builder.ToArray(builder.Header()))).Verdict);
        builder = new Hdf5Builder();
        long root = builder.Header();
        long end = builder.Address;
        builder.Data("something"u8.ToArray());
        await ExpectAsync(KerasRules.TrailingBytes, builder.ToArray(root, end));
        builder.Data(ZipBytes.Tiny);
        await ExpectAsync(DisguiseRules.Polyglot, builder.ToArray(root, end));
    }

    [Fact]
    public async Task Filters_that_are_nobody_s_are_suspicious()
    {
        byte[] File(params int[] filters)
        {
            var builder = new Hdf5Builder();
            return builder.ToArray(builder.Header(Link("w", builder.Header(Space(2), FloatType(), Contiguous(-1, 8), Filters(filters)))));
        }

        Assert.Equal(Verdict.Benign, (await ScanAsync(File(1, 2, 32001))).Verdict);
        await ExpectAsync(KerasRules.ForeignFilter, File(1, 40000));
    }

    [Fact]
    public async Task Damaged_files_are_scanned_without_a_fault_of_ours()
    {
        foreach (byte[] original in new[] { Root(Text("model_config", Lambda), ExternalLink("w", "a", "b")), Hdf5Samples.Oldest })
            await ParserFuzz.RunAsync(original, 0, r => ScanProbe.RunAsync(Hdf5Scanner.ScanAsync, r, "model.h5"), "model.h5");
    }
}
