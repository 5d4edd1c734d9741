using Bulwark.Models.Numpy;
using Bulwark.Models.Tar;
using Bulwark.Models.Torch;
using Bulwark.Models.Zip;
using Bulwark.Scanning;
using Bulwark.Scanning.Containers;
using Bulwark.Scanning.Disguise;
using Bulwark.Scanning.Numpy;
using Bulwark.Scanning.Pickle;
using Bulwark.Scanning.Torch;
using Bulwark.Storage;

namespace Bulwark.Tests.Scanning.Containers;

/// <summary>Scans content by what it is, as far as containers and what they mostly hold go.</summary>
internal static class ContainerProbe
{
    public static Task<ScanContext> RunAsync(byte[] bytes, string name = "model.bin", ScanLimits? limits = null) => RunAsync(new MemoryReader(name, bytes), name, limits);

    public static async Task<ScanContext> RunAsync(IObjectReader content, string name, ScanLimits? limits = null)
    {
        var context = new ScanContext(limits ?? new ScanLimits(), DispatchAsync);
        await DispatchAsync(content, name, 0, context, CancellationToken.None);
        return context;
    }

    private static async Task DispatchAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        Assert.True(depth <= context.Limits.MaxDepth, path);
        byte[] head = new byte[(int)Math.Min(512, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken);
        ScanProbe.Scanner? scanner = LegacyTorchFile.Looks(head) ? LegacyTorchScanner.ScanAsync
            : PickleScanner.LooksLikePickle(head) ? PickleScanner.ScanAsync
            : ZipDirectory.Looks(head) ? ScanProbe.ZipAsync
            : NpyFile.Looks(head) ? NpyScanner.ScanAsync
            : TarArchive.Looks(head) ? TarScanner.ScanAsync
            : SevenZipScanner.Looks(head) ? SevenZipScanner.ScanAsync
            : CompressedFormat.Of(head) is not null ? CompressedScanner.ScanAsync
            : await AttachedFile.FindZipAsync(content, cancellationToken) is not null ? ScanProbe.ZipAsync
            : await PickleScanner.LooksLikePickleAsync(content, 0, cancellationToken) ? PickleScanner.ScanAsync
            : null;
        if (scanner is not null)
            await scanner(content, path, depth, context, cancellationToken);
    }
}
