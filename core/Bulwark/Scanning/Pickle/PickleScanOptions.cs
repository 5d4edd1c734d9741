namespace Bulwark.Scanning.Pickle;

/// <summary>What the place of a pickle makes harmless.</summary>
internal sealed record PickleScanOptions
{
    /// <summary>A pickle on its own.</summary>
    public static PickleScanOptions Plain { get; } = new();

    /// <summary>A pickle of PyTorch, whose storages are persistent ids.</summary>
    public static PickleScanOptions Torch { get; } = new() { AllowPersistentIds = true };

    /// <summary>Whether ids of PyTorch's storages may be there.</summary>
    public bool AllowPersistentIds { get; init; }

    /// <summary>Whether any id may be there, as in PyTorch's old tar files, where they are numbers in text.</summary>
    public bool AllowTextIds { get; init; }

    /// <summary>Whether classes below <c>__torch__</c> may be there, which TorchScript's own reader takes from the archive's code.</summary>
    public bool AllowTorchScriptClasses { get; init; }
}
