using System.Text.Json;

namespace Bulwark.Audit;

/// <summary>
/// One line of the audit log: who did what to which thing, when, and how it ended.
/// <code>
/// {"v":1,"id":…,"time":…,"actor":…,"action":…,"subject":{"store":…,"container":…,"name":…,"version":…},"outcome":…,"digests":{…},"details":{…}}
/// </code>
/// UTF-8 JSON without white space, members in this order, absent ones left out, map keys in ordinal order; at most 65,535 bytes.
/// </summary>
public sealed record AuditEntry
{
    private readonly SortedDictionary<string, string>? _digests;
    private readonly SortedDictionary<string, string>? _details;

    /// <summary>
    /// Identity of the event. Two appends of byte-equal entries are one entry, so a retry must give the id (and the time) of the first attempt.
    /// Left out, <see cref="AuditLog.Stamp"/> makes one.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>When it happened; left out, <see cref="AuditLog.Stamp"/> sets it. Written in UTC.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Who did it: a principal, a function, or a person's account.</summary>
    public required string Actor { get; init; }

    /// <summary>What was done, dotted and in the past tense: <c>model.protected</c>, <c>model.opened</c>, <c>model.quarantined</c>, <c>key.rotated</c>.</summary>
    public required string Action { get; init; }

    /// <summary>What it was done to.</summary>
    public required AuditSubject Subject { get; init; }

    /// <summary>How it ended: <c>success</c>, <c>refused</c>, <c>failed</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>Digests of what was touched: algorithm or role to lowercase hexadecimal.</summary>
    public IReadOnlyDictionary<string, string>? Digests
    {
        get => _digests;
        init => _digests = Sorted(value);
    }

    /// <summary>Whatever else a reader will need. No secrets and no model content.</summary>
    public IReadOnlyDictionary<string, string>? Details
    {
        get => _details;
        init => _details = Sorted(value);
    }

    /// <summary>The entry's canonical bytes.</summary>
    /// <exception cref="AuditException">BW1308: not stamped, longer than 65,535 bytes, or text that is not Unicode.</exception>
    public byte[] ToBytes()
    {
        if (Id is null || Time is null)
            throw AuditException.EntryRefused("it has no id and time yet");
        if (Actor is null || Action is null || Subject?.Name is null || Outcome is null || HasNull(Digests) || HasNull(Details))
            throw AuditException.EntryRefused("a member of it is null");
        string?[] texts =
        [
            Id, Actor, Action, Subject.Store, Subject.Container, Subject.Name, Subject.Version, Outcome,
            .. Digests?.Keys ?? [], .. Digests?.Values ?? [], .. Details?.Keys ?? [], .. Details?.Values ?? [],
        ];
        if (texts.Any(t => t is not null && !WellFormedText.Is(t)))
            throw AuditException.EntryRefused("a text in it has half a surrogate pair");
        byte[] bytes = AuditEntryJson.Write(this);
        return bytes.Length <= EntryBundle.MaxEntryBytes
            ? bytes
            : throw AuditException.EntryRefused($"it has {bytes.Length} bytes, more than {EntryBundle.MaxEntryBytes}");
    }

    /// <summary>Reads an entry; only its canonical form is accepted.</summary>
    /// <exception cref="AuditException">BW1309.</exception>
    public static AuditEntry Parse(ReadOnlySpan<byte> bytes)
    {
        AuditEntry entry;
        if (bytes.Length > EntryBundle.MaxEntryBytes)
            throw AuditException.EntryMalformed($"it has {bytes.Length} bytes, more than {EntryBundle.MaxEntryBytes}");
        try
        {
            entry = AuditEntryJson.Read(bytes);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw AuditException.EntryMalformed("it is not the JSON that was agreed on", error);
        }

        return AuditEntryJson.Write(entry).AsSpan().SequenceEqual(bytes) ? entry : throw AuditException.EntryMalformed("it is not in canonical form");
    }

    private static bool HasNull(IReadOnlyDictionary<string, string>? map) => map is not null && map.Values.Any(v => v is null);

    private static SortedDictionary<string, string>? Sorted(IReadOnlyDictionary<string, string>? map) =>
        map is { Count: > 0 } ? new SortedDictionary<string, string>(map.ToDictionary(), StringComparer.Ordinal) : null;
}
