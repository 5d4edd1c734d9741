namespace Bulwark.Signing;

/// <summary>A statement about a model besides its signature.</summary>
/// <param name="PredicateType">One of <see cref="ClaimTypes"/>, or another type URI.</param>
/// <param name="Predicate">UTF-8 JSON object.</param>
public sealed record Claim(string PredicateType, ReadOnlyMemory<byte> Predicate);
