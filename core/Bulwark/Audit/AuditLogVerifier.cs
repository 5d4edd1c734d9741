using System.Text;
using Bulwark.State;
using Bulwark.Storage;

namespace Bulwark.Audit;

/// <summary>
/// Verifies a whole log with nothing but its verifier key: signature, every entry, every tile, and that it continues the log that
/// was seen before. Streams; memory does not grow with the log.
/// </summary>
public sealed class AuditLogVerifier
{
    private const int MaxAttempts = 8;

    private readonly LogObjects _objects;
    private readonly LogHeadLoader _loader;
    private readonly CheckpointMemory _memory;

    /// <summary>Names a log and the keys that may have signed it.</summary>
    public AuditLogVerifier(IObjectStore store, string container, string origin, IReadOnlyList<NoteVerifierKey> keys, IStateStore? state = null)
    {
        _objects = new LogObjects(store, container);
        _memory = new CheckpointMemory(state, origin, keys);
        _loader = new LogHeadLoader(_objects, origin, keys, _memory);
    }

    /// <summary>
    /// Reads everything and compares it with the signed checkpoint. An intact log's checkpoint is remembered where a state store
    /// was given. A log that grows meanwhile is verified up to the checkpoint that was read.
    /// </summary>
    /// <param name="progress">Told how many entries were read.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The report; it names the first entry that was altered, dropped or reordered.</returns>
    /// <exception cref="AuditException">There is nothing to measure against: BW1301 no checkpoint, BW1302 to BW1304 it is not to be trusted, BW1313.</exception>
    public async Task<AuditReport> VerifyAsync(IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        for (int attempt = 1; ; attempt++)
        {
            // In this order: the log only grows, so a checkpoint read later is never behind what was remembered before.
            Checkpoint? remembered = await _memory.RecallAsync(cancellationToken);
            LogObject? found = await _loader.ReadCheckpointAsync(cancellationToken);
            AuditReport report = found is null
                ? await WithoutCheckpointAsync(remembered, cancellationToken)
                : await AgainstAsync(_loader.Open(found), remembered, progress, cancellationToken);
            if (report is { IsIntact: true, Checkpoint: { } checkpoint })
                await _memory.RememberAsync(checkpoint, Encoding.UTF8.GetString(found!.Bytes), cancellationToken);

            // Partial tiles may go while a log grows under its reader: only a standing checkpoint convicts.
            if (report.IsIntact || attempt == MaxAttempts
                || await _objects.VersionAsync(Checkpoint.ObjectName, cancellationToken) == found?.Reference.Version)
                return report;
        }
    }

    private async Task<AuditReport> WithoutCheckpointAsync(Checkpoint? remembered, CancellationToken cancellationToken)
    {
        await _loader.EnsureNeverCommittedAsync(cancellationToken);
        AuditFault[] faults = remembered is { Size: > 0 }
            ? [new AuditFault(AuditFaultKind.Missing, 0, remembered.Size - 1, Checkpoint.ObjectName, $"the log had {remembered.Size} entries when it was last seen and is gone")]
            : [];
        return new AuditReport(null, remembered, 0, faults);
    }

    private async Task<AuditReport> AgainstAsync(
        Checkpoint checkpoint, Checkpoint? remembered, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        LogScan scan = new(_objects, checkpoint.Size, remembered?.Size);
        await scan.RunAsync(progress, cancellationToken);
        List<AuditFault> faults = [];
        bool sound = scan.Root == checkpoint.Root;
        if (!sound)
        {
            long provenPrefix = remembered is not null && scan.RememberedRoot == remembered.Root ? remembered.Size : 0;
            FaultLocator locator = new(_objects, checkpoint, scan, provenPrefix);
            faults.AddRange(await locator.LocateAsync(cancellationToken));
        }
        else if (remembered is not null && remembered.Size <= checkpoint.Size && scan.RememberedRoot != remembered.Root)
        {
            faults.Add(new AuditFault(
                AuditFaultKind.Rewritten, 0, remembered.Size - 1, Checkpoint.ObjectName,
                $"the signed log of {remembered.Size} entries that was seen before has another root, so a holder of the key signed two histories"));
        }

        if (remembered is not null && remembered.Size > checkpoint.Size)
        {
            faults.Add(new AuditFault(
                AuditFaultKind.Missing, checkpoint.Size, remembered.Size - 1, Checkpoint.ObjectName,
                $"the log had {remembered.Size} entries when it was last seen and now has {checkpoint.Size}"));
        }

        // Where entries are wrong, a tile that disagrees with them is their witness and no fault.
        if (sound)
            faults.AddRange(scan.ObjectFaults);
        return new AuditReport(checkpoint, remembered, scan.EntriesRead, [.. faults.Take(FaultLocator.MaxFaults)]);
    }
}
