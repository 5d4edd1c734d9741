namespace Bulwark.Scanning.Pickle;

/// <summary>A class or function that a pickle names.</summary>
/// <param name="Module">Its module.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Standing">What is known of it.</param>
internal sealed record PickledGlobal(string Module, string Name, GlobalStanding Standing)
{
    /// <summary>Whether its name is spelled as classes are: with a capital.</summary>
    public bool LooksLikeClass { get; } = Name[(Name.LastIndexOf('.') + 1)..].TrimStart('_') is [var first, ..] && char.IsUpper(first);

    /// <inheritdoc />
    public override string ToString() => Models.ModelFormatException.Quote($"{Module}.{Name}");
}
