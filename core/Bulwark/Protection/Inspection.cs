using Bulwark.Models;
using Bulwark.Scanning;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>The step of the main job that decides whether a source may be protected at all. What is refused is quarantined.</summary>
internal sealed class Inspection(ProtectionServices services, ObjectRef source, ProtectionOptions options, IProgress<ProtectionProgress>? progress)
{
    /// <summary>Scans and maps a source.</summary>
    /// <exception cref="ProtectionException">
    /// The scanner refuses it, or it breaks the rules of the format that it claims, and it is in quarantine: BW2011 to BW2013; or not
    /// in quarantine, because that failed: BW2015.
    /// </exception>
    /// <exception cref="StorageException">It cannot be read, or changed meanwhile.</exception>
    public async Task<(ModelFile Model, ScanReport Scan)> RunAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        ScanReport scan = await new ModelScanner().ScanAsync(reader, services.Store, cancellationToken);
        // What would run code is said first; then the parser's own words, which name the place.
        if (scan.Verdict == Verdict.Malicious)
            throw await RefuseAsync(reader, scan, null, cancellationToken);
        ModelFile model;
        try
        {
            model = await ModelFile.OpenAsync(reader, cancellationToken);
        }
        catch (ModelFormatException error)
        {
            // The mapper reads parts of some formats that the scanner has no need of.
            throw await RefuseUnmappableAsync(reader, scan, error, cancellationToken);
        }

        return scan.Verdict == Verdict.Malformed || (scan.Verdict == Verdict.Suspicious && !options.AllowSuspicious)
            ? throw await RefuseAsync(reader, scan, null, cancellationToken)
            : (model, scan);
    }

    /// <summary>Runs a pass over a source that was let through; what only the pass finds out is refused like anything else.</summary>
    /// <exception cref="ProtectionException">The file breaks a rule that shows when all of it is read: BW2012.</exception>
    public async Task<T> GuardAsync<T>(IObjectReader reader, ScanReport scan, Func<Task<T>> pass, CancellationToken cancellationToken)
    {
        try
        {
            return await pass();
        }
        catch (ModelFormatException error)
        {
            throw await RefuseUnmappableAsync(reader, scan, error, cancellationToken);
        }
    }

    private Task<ProtectionException> RefuseUnmappableAsync(IObjectReader reader, ScanReport scan, ModelFormatException error, CancellationToken cancellationToken) => RefuseAsync(
        reader,
        scan.Verdict == Verdict.Malformed
            ? scan
            : scan with { Verdict = Verdict.Malformed, Findings = [.. scan.Findings, new ScanFinding(GeneralRules.Unmappable, scan.Path, null, error.Message)] },
        error,
        cancellationToken);

    private async Task<ProtectionException> RefuseAsync(IObjectReader reader, ScanReport scan, ModelFormatException? error, CancellationToken cancellationToken)
    {
        Quarantine quarantine = new(services, source, progress);
        string what = source.ToString(), where = quarantine.Place;
        ProtectionException refusal = scan.Verdict switch
        {
            Verdict.Malicious => ProtectionException.Malicious(what, scan.Worst!, where),
            Verdict.Malformed when error is not null => ProtectionException.Malformed(error, where),
            Verdict.Malformed => ProtectionException.Malformed(what, scan.Worst!, where),
            _ => ProtectionException.Suspicious(what, scan.Worst!, where),
        };
        try
        {
            await quarantine.KeepAsync(reader, scan, refusal.Code, cancellationToken);
            return refusal;
        }
        catch (BulwarkException failure) when (failure is not StorageException { Code: "BW1004" })
        {
            return ProtectionException.NotQuarantined(what, scan.Worst!, failure);
        }
    }
}
