using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Audit;
using Bulwark.Scanning;
using Bulwark.State;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>Puts a copy of a refused object aside, with everything that was found beside it. The object itself is only read.</summary>
/// <remarks>
/// <code>
/// 1  ID.quarantined      the bytes, streamed; visible when they are all there and the source did not change meanwhile
/// 2  ID.finding.json     source, digests, verdict, findings (QuarantineRecord); without it a copy means nothing
/// 3  audit entry         model.quarantined, the same entry on every attempt
/// 4  finding sink        takes a second delivery without harm
/// 5  state               "quarantined": nothing is left to do
/// </code>
/// ID is a digest of store, container, name and version of the source: forty hexadecimal digits that nobody can aim at another
/// file with, and the same ones on a retry. A death between any two steps is mended by the retry; after step 5 it writes nothing.
/// </remarks>
/// <param name="services">What the main job stands on.</param>
/// <param name="source">The refused version.</param>
/// <param name="progress">Told how far the copy is.</param>
internal sealed class Quarantine(ProtectionServices services, ObjectRef source, IProgress<ProtectionProgress>? progress)
{
    private const string DoneCollection = "quarantined";
    private const int IdDigits = 40;
    private const int PieceLength = 1 << 20;
    private const int MostAttempts = 8;

    private readonly IObjectStore _store = services.Store;
    private readonly string _container = services.QuarantineContainer;
    private readonly string _id = IdOf(source);

    /// <summary>Where the copy is, or will be, for people.</summary>
    public string Place => (source with { Container = _container, Name = CopyName }).ToString();

    private string CopyName => $"{_id}.quarantined";

    private string RecordName => $"{_id}.finding.json";

    /// <summary>Copies the object, writes the record, and tells the audit log and the finding sink.</summary>
    /// <param name="reader">Reads the refused version.</param>
    /// <param name="scan">Why; not benign.</param>
    /// <param name="code">The code of the refusal.</param>
    /// <param name="cancellationToken">Stops the work; a retry finishes it.</param>
    /// <exception cref="StorageException">BW1004 when the source changed meanwhile; whatever the store throws.</exception>
    /// <exception cref="AuditException">The log cannot be continued.</exception>
    /// <exception cref="StateException">The state cannot be written.</exception>
    public async Task KeepAsync(IObjectReader reader, ScanReport scan, string code, CancellationToken cancellationToken)
    {
        QuarantineRecord record = await StoreAsync(reader, scan, code, cancellationToken);
        string done = Hash($"{_id}\n{record.QuarantinedAt:O}");
        if (await services.State.GetAsync(DoneCollection, done, cancellationToken) is not null)
            return;
        await services.Audit.AppendAsync(EntryFor(done, record), cancellationToken);
        await services.Findings.WriteAsync(record.Findings, cancellationToken);
        await services.State.TryPutAsync(DoneCollection, done, "{}"u8.ToArray(), expectedVersion: 0, cancellationToken);
    }

    private async Task<QuarantineRecord> StoreAsync(IObjectReader reader, ScanReport scan, string code, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            ObjectRef? copy = await _store.FindAsync(_container, CopyName, cancellationToken);
            ObjectRef? beside = await _store.FindAsync(_container, RecordName, cancellationToken);
            if (copy is not null && beside is not null && await TryReadAsync(beside, cancellationToken) is { } earlier
                && earlier.Source == source && earlier.Copy == copy)
            {
                return earlier;
            }

            try
            {
                (ObjectRef written, string sha256) = await CopyAsync(reader, ConditionFor(copy), cancellationToken);
                QuarantineRecord record = Describe(written, sha256, scan, code);
                await WriteRecordAsync(record, ConditionFor(beside), cancellationToken);
                return record;
            }
            catch (StorageException error) when (error.Code == "BW1005" && attempt < MostAttempts)
            {
                // Another worker keeps the same version at this moment; what it wrote is as good.
            }
        }
    }

    private async Task<(ObjectRef Copy, string Sha256)> CopyAsync(IObjectReader reader, WriteCondition condition, CancellationToken cancellationToken)
    {
        long size = source.Size;
        IProgress<long>? copied = StageProgress.Of(progress, "quarantine", size);
        using IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            await using IObjectWriter writer = await _store.CreateAsync(_container, CopyName, condition, cancellationToken);
            for (long offset = 0; offset < size;)
            {
                Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(PieceLength, size - offset));
                await reader.ReadAsync(offset, piece, cancellationToken);
                sha256.AppendData(piece.Span);
                await writer.WriteAsync(piece, cancellationToken);
                offset += piece.Length;
                copied?.Report(offset);
            }

            await reader.EnsureUnchangedAsync(cancellationToken);
            ObjectRef written = await writer.CommitAsync(cancellationToken);
            return (written, Convert.ToHexStringLower(sha256.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private QuarantineRecord Describe(ObjectRef copy, string sha256, ScanReport scan, string code)
    {
        DateTimeOffset now = services.Clock.GetUtcNow();
        return new QuarantineRecord
        {
            Source = source,
            Copy = copy,
            Digests = new Dictionary<string, string> { ["sha256"] = sha256 },
            Code = code,
            FileFormat = scan.Format,
            Verdict = scan.Verdict.ToString().ToLowerInvariant(),
            Findings = [.. scan.ToFindings(now).Select(f => f with { Resource = source.ToString() })],
            Actor = services.Actor,
            QuarantinedAt = now,
        };
    }

    /// <summary>The same id and time on every attempt make the entry the same entry.</summary>
    private static AuditEntry EntryFor(string id, QuarantineRecord record) => new()
    {
        Id = id,
        Time = record.QuarantinedAt,
        Actor = record.Actor,
        Action = "model.quarantined",
        Subject = new AuditSubject { Store = record.Source.Store, Container = record.Source.Container, Name = record.Source.Name, Version = record.Source.Version },
        Outcome = "refused",
        Digests = record.Digests,
        Details = new Dictionary<string, string>
        {
            ["code"] = record.Code,
            ["copy"] = record.Copy.ToString(),
            ["format"] = record.FileFormat,
            ["verdict"] = record.Verdict,
            ["rules"] = string.Join(' ', record.Findings.Select(f => f.RuleId).Distinct().Order(StringComparer.Ordinal)),
        },
    };

    private async Task<QuarantineRecord?> TryReadAsync(ObjectRef beside, CancellationToken cancellationToken) =>
        beside.Size <= QuarantineRecord.MaximumLength ? QuarantineRecord.TryParse(await Publication.ReadAsync(_store, beside, cancellationToken)) : null;

    private async Task WriteRecordAsync(QuarantineRecord record, WriteCondition condition, CancellationToken cancellationToken)
    {
        await using IObjectWriter writer = await _store.CreateAsync(_container, RecordName, condition, cancellationToken);
        await writer.WriteAsync(record.ToJson(), cancellationToken);
        await writer.CommitAsync(cancellationToken);
    }

    private static WriteCondition ConditionFor(ObjectRef? present) => present is null ? WriteCondition.IfAbsent : WriteCondition.IfVersion(present.Version);

    // The lengths keep one text from running into the next.
    private static string IdOf(ObjectRef source) =>
        Hash(string.Concat(new[] { source.Store, source.Container, source.Name, source.Version }.Select(text => $"{text.Length}:{text}")))[..IdDigits];

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
