using Bulwark.Models.Zip;
using Bulwark.Scanning;
using Bulwark.Scanning.Containers;
using Bulwark.Scanning.Keras;
using Bulwark.Storage;

namespace Bulwark.Tests.Scanning;

/// <summary>Runs one scanner on bytes; what it finds inside is handed to <c>nested</c>, or passed over.</summary>
internal static class ScanProbe
{
    /// <summary>A scanner's entry point.</summary>
    public delegate Task Scanner(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken);

    /// <summary>Runs it.</summary>
    public static Task<ScanContext> RunAsync(Scanner scanner, byte[] bytes, string name = "model.bin", ScanContext.ContentScan? nested = null) =>
        RunAsync(scanner, new MemoryReader(name, bytes), name, nested);

    /// <summary>Runs it.</summary>
    public static async Task<ScanContext> RunAsync(Scanner scanner, IObjectReader content, string name, ScanContext.ContentScan? nested = null)
    {
        var context = new ScanContext(new ScanLimits(), nested ?? ((_, _, _, _, _) => Task.CompletedTask));
        await scanner(content, name, 0, context, CancellationToken.None);
        return context;
    }

    /// <summary>Runs it on a file.</summary>
    public static async Task<ScanContext> RunFileAsync(Scanner scanner, string path, ScanContext.ContentScan? nested = null) =>
        await RunAsync(scanner, await File.ReadAllBytesAsync(path), Path.GetFileName(path), nested);

    /// <summary>Scans an archive as any zip.</summary>
    public static async Task ZipAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken) =>
        await ZipScanner.ScanAsync(await ZipDirectory.ReadAsync(content, cancellationToken), path, depth, context, cancellationToken);

    /// <summary>Scans an archive as a Keras model.</summary>
    public static async Task KerasZipAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken) =>
        await KerasZipScanner.ScanAsync(await ZipDirectory.ReadAsync(content, cancellationToken), path, depth, context, cancellationToken);

    /// <summary>The findings in one line.</summary>
    public static string Describe(this ScanContext context) => string.Join("; ", context.Findings.Select(f => $"{f.Rule.Id} {f.Path}@{f.Offset} {f.Message}"));
}
