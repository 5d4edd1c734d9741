using Bulwark.Audit;
using Bulwark.Models;
using Bulwark.Scanning;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>The step of the main job that decides whether a source may be protected at all. A refusal is written to the audit log.</summary>
internal sealed class Inspection(ProtectionServices services, ObjectRef source, ProtectionOptions options)
{
    /// <summary>Scans and maps a source.</summary>
    /// <exception cref="ModelFormatException">It claims a format and breaks its rules.</exception>
    /// <exception cref="ProtectionException">The scanner refuses it: BW2011 to BW2013.</exception>
    public async Task<(ModelFile Model, ScanReport Scan)> RunAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        ScanReport scan = await new ModelScanner().ScanAsync(reader, cancellationToken);
        try
        {
            // What would run code is said first; then the parser's own words, which name the place.
            if (scan.Verdict == Verdict.Malicious)
                throw ProtectionException.Malicious(source.ToString(), scan.Worst!);
            ModelFile model = await ModelFile.OpenAsync(reader, cancellationToken);
            if (scan.Verdict == Verdict.Malformed)
                throw ProtectionException.Malformed(source.ToString(), scan.Worst!);
            if (scan.Verdict == Verdict.Suspicious && !options.AllowSuspicious)
                throw ProtectionException.Suspicious(source.ToString(), scan.Worst!);
            return (model, scan);
        }
        catch (BulwarkException error) when (error is ModelFormatException or ProtectionException)
        {
            await AuditAsync(scan, error, cancellationToken);
            throw;
        }
    }

    private async Task AuditAsync(ScanReport scan, BulwarkException error, CancellationToken cancellationToken) => await services.Audit.AppendAsync(
        services.Audit.Stamp(
            new AuditEntry
            {
                Actor = services.Actor,
                Action = "model.refused",
                Subject = new AuditSubject { Store = source.Store, Container = source.Container, Name = source.Name, Version = source.Version },
                Outcome = "refused",
                Details = new Dictionary<string, string>
                {
                    ["code"] = error.Code,
                    ["format"] = scan.Format,
                    ["verdict"] = scan.Verdict.ToString().ToLowerInvariant(),
                    ["rules"] = string.Join(' ', scan.Findings.Select(f => f.Rule.Id).Distinct().Order(StringComparer.Ordinal)),
                },
            }),
        cancellationToken);
}
