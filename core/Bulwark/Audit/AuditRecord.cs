namespace Bulwark.Audit;

/// <summary>An entry and its place in the log.</summary>
/// <param name="Index">The entry's index, from 0.</param>
/// <param name="Entry">The entry.</param>
public sealed record AuditRecord(long Index, AuditEntry Entry);
