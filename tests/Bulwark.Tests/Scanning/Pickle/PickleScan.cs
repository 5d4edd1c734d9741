using Bulwark.Scanning;
using Bulwark.Scanning.Pickle;
using Bulwark.Storage;

namespace Bulwark.Tests.Scanning.Pickle;

/// <summary>Scans pickles the way the dispatcher does.</summary>
internal static class PickleScan
{
    public static async Task<ScanContext> OfAsync(byte[] bytes, ScanLimits? limits = null)
    {
        var context = new ScanContext(limits ?? new ScanLimits(), ContentAsync);
        await PickleScanner.ScanAsync(new MemoryReader("test.pkl", bytes), "test.pkl", 0, context, CancellationToken.None);
        return context;
    }

    public static string Describe(ScanContext context) =>
        $"{context.Verdict}: {string.Join("; ", context.Findings.Select(f => $"{f.Rule.Id}@{f.Offset} {f.Message}"))}";

    // Old PyTorch files are pickles, and then the storages.
    private static async Task ContentAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        byte[] head = new byte[Math.Min(15, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken);
        if (!PickleScanner.IsTorchMagic(head))
            return;
        long? offset = 0;
        for (int i = 0; i < 5 && offset is { } at; i++)
            offset = await PickleScanner.ScanPickleAsync(content, at, path, depth, PickleScanOptions.Torch, context, cancellationToken);
    }
}
