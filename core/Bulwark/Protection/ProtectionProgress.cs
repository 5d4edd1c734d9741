namespace Bulwark.Protection;

/// <summary>How far a long piece of work has come.</summary>
/// <param name="Stage">What is being done, for a person: <c>measure</c>, <c>checksums</c>, <c>protect</c>, <c>verify</c>, <c>open</c>.</param>
/// <param name="DoneBytes">Bytes handled so far in this stage.</param>
/// <param name="TotalBytes">Bytes this stage will handle.</param>
public sealed record ProtectionProgress(string Stage, long DoneBytes, long TotalBytes);
