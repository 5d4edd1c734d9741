using System.Text.Json;
using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Protection;
using Bulwark.Signing;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Watermarking;

namespace Bulwark.Tests.Protection;

/// <summary>What the main job claims about the weights it signed.</summary>
public sealed class FingerprintClaimTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Model = File.ReadAllBytes(Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors"));

    private readonly MemoryObjectStore _store = new();
    private readonly ProtectionServices _services;

    public FingerprintClaimTests() => _services = ProtectionTests.Services(_store) with { WatermarkKey = TestModel.Key() };

    [Fact]
    public async Task The_claims_name_the_weights_before_and_after_the_mark()
    {
        ObjectRef source = _store.Put("in", "m.safetensors", Model);
        ProtectionResult result = await ProtectAsync(source, new WatermarkSettings { OwnerId = 1, Seal = true });
        (IReadOnlyDictionary<string, byte[]> claims, ObjectRef opened) = await OpenAsync("m.safetensors.enc");

        ModelFingerprint before = await FingerprintAsync(source), after = await FingerprintAsync(opened);
        FingerprintPredicate claim = JsonSerializer.Deserialize(claims[ClaimTypes.Fingerprint], ProtectionJson.Default.FingerprintPredicate)!;
        Assert.Equal(FingerprintPredicate.Of(after), claim);
        Assert.Equal(after.Exact.ContentRoot.ToString(), result.ContentRoot);
        WatermarkReceipt receipt = JsonSerializer.Deserialize(claims[ClaimTypes.Watermark], ProtectionJson.Default.WatermarkReceipt)!;
        Assert.Equal((before.Exact.ContentRoot.ToString(), after.Exact.ContentRoot.ToString()), (receipt.ContentRootBefore, receipt.ContentRoot));
        Assert.True(receipt.Applied);
        Assert.True(receipt.Decoded);

        RobustFingerprint claimed = RobustFingerprint.Parse("claim", Convert.FromBase64String(claim.Robust));
        Assert.Equal(FingerprintVerdict.Identical, FingerprintComparison.Of(claimed, after.Robust).Verdict);
        Assert.Equal(FingerprintVerdict.Derived, FingerprintComparison.Of(claimed, before.Robust).Verdict);
    }

    [Fact]
    public async Task Without_a_watermark_the_roots_before_and_after_are_one()
    {
        ObjectRef source = _store.Put("in", "m.safetensors", Model);
        await ProtectAsync(source, null);
        (IReadOnlyDictionary<string, byte[]> claims, _) = await OpenAsync("m.safetensors.enc");
        WatermarkReceipt receipt = JsonSerializer.Deserialize(claims[ClaimTypes.Watermark], ProtectionJson.Default.WatermarkReceipt)!;
        string root = (await FingerprintAsync(source)).Exact.ContentRoot.ToString();
        Assert.Equal((root, root), (receipt.ContentRootBefore, receipt.ContentRoot));
    }

    [Fact]
    public async Task A_seal_alone_changes_the_root_too()
    {
        ObjectRef source = _store.Put("in", "small.safetensors", Small());
        await ProtectAsync(source, new WatermarkSettings { Seal = true });
        (IReadOnlyDictionary<string, byte[]> claims, ObjectRef opened) = await OpenAsync("small.safetensors.enc");
        WatermarkReceipt receipt = JsonSerializer.Deserialize(claims[ClaimTypes.Watermark], ProtectionJson.Default.WatermarkReceipt)!;
        Assert.False(receipt.Applied);
        Assert.Equal((await FingerprintAsync(source)).Exact.ContentRoot.ToString(), receipt.ContentRootBefore);
        Assert.Equal((await FingerprintAsync(opened)).Exact.ContentRoot.ToString(), receipt.ContentRoot);
        Assert.NotEqual(receipt.ContentRootBefore, receipt.ContentRoot);
    }

    [Fact]
    public async Task A_file_without_tensors_has_no_fingerprint_to_claim()
    {
        ProtectionResult result = await ProtectAsync(_store.Put("in", "m.bin", new byte[5000]), new WatermarkSettings());
        Assert.Null(result.ContentRoot);
        (IReadOnlyDictionary<string, byte[]> claims, ObjectRef opened) = await OpenAsync("m.bin.enc");
        Assert.DoesNotContain(ClaimTypes.Fingerprint, claims.Keys);
        Assert.Equal("BW1702", (await Assert.ThrowsAsync<FingerprintException>(() => FingerprintAsync(opened))).Code);
    }

    [Fact]
    public async Task A_marked_copy_has_the_roots_in_its_receipt()
    {
        ObjectRef source = _store.Put("in", "m.safetensors", Model);
        await using IObjectReader reader = await _store.OpenReadAsync(source, None);
        await using IObjectWriter writer = await _store.CreateAsync("out", "marked.safetensors", WriteCondition.Any, None);
        WatermarkReceipt receipt = await new ModelWatermarker(_services.State, _services.Clock).EmbedAsync(
            reader, writer, _services.WatermarkKey!, new WatermarkSettings { OwnerId = 3 }, null, None);
        Assert.Equal((await FingerprintAsync(source)).Exact.ContentRoot.ToString(), receipt.ContentRootBefore);
        ObjectRef marked = (await _store.FindAsync("out", "marked.safetensors", None))!;
        Assert.Equal((await FingerprintAsync(marked)).Exact.ContentRoot.ToString(), receipt.ContentRoot);
    }

    private static byte[] Small()
    {
        TestModel model = TestModel.Gaussian(DType.F32, 1, [[64, 64]]);
        byte[] header = System.Text.Encoding.UTF8.GetBytes($$"""{"w":{"dtype":"F32","shape":[64,64],"data_offsets":[0,{{model.Bytes.Length}}] } }""");
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. model.Bytes];
    }

    private Task<ProtectionResult> ProtectAsync(ObjectRef source, WatermarkSettings? settings) =>
        new ModelProtector(_services).ProtectAsync(source, "out", new ProtectionOptions { Watermark = settings }, null, None);

    private async Task<(IReadOnlyDictionary<string, byte[]> Claims, ObjectRef Opened)> OpenAsync(string body)
    {
        await using OpenedModel opened = await new ModelOpener(_services).OpenAsync("out", body, None);
        await using IObjectWriter writer = await _store.CreateAsync("opened", body, WriteCondition.Any, None);
        await opened.CopyToAsync(writer, null, None);
        return (opened.Claims, (await _store.FindAsync("opened", body, None))!);
    }

    private async Task<ModelFingerprint> FingerprintAsync(ObjectRef file)
    {
        await using IObjectReader reader = await _store.OpenReadAsync(file, None);
        return await Fingerprinter.FingerprintAsync(reader, null, None);
    }
}
