namespace Bulwark.Signing;

/// <summary>A file that stands in a verified model and that its signature says nothing about.</summary>
/// <param name="Name">Path below the model's root.</param>
/// <param name="Reason">Why.</param>
public sealed record UncoveredFile(string Name, UncoveredReason Reason);
