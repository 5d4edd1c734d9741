using Bulwark.Storage;

namespace Bulwark.Scanning.Containers;

/// <summary>Scans 7z archives.</summary>
internal static class SevenZipScanner
{
    /// <summary>Whether a file begins as a 7z archive does.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]);

    /// <summary>Scans an archive.</summary>
    public static Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        _ = (content, depth, cancellationToken);
        context.Add(ContainerRules.OddMethod, path, 0, "It is a 7z archive.");
        return Task.CompletedTask;
    }
}
