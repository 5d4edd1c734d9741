namespace Bulwark.Protection;

/// <summary>What is written into a model's weights.</summary>
public sealed record WatermarkSettings
{
    /// <summary>The owner, any 32-bit number.</summary>
    public uint OwnerId { get; init; }

    /// <summary>Which model it is; the file's name when null.</summary>
    public string? ModelId { get; init; }

    /// <summary>Relative change of the weights, root mean square; by the size of the model when null.</summary>
    public double? Budget { get; init; }

    /// <summary>Also seal the weights, so that any later change is located; needs the key to check.</summary>
    public bool Seal { get; init; }
}
