using Bulwark.Watermarking;

namespace Bulwark.Protection;

/// <summary>What was read from a model's weights.</summary>
/// <param name="Elements">Weights that a mark was looked for in.</param>
/// <param name="Matches">Marks, surest first.</param>
/// <param name="Issued">For each match, the registry's record of it; null where the registry has none.</param>
/// <param name="Seal">State of the seal under the key that it fits best; null when it was not looked at.</param>
/// <param name="Unread">Weights that could not be looked at, by reason.</param>
public sealed record WatermarkReading(
    long Elements, IReadOnlyList<WatermarkMatch> Matches, IReadOnlyList<IssuedWatermark?> Issued, SealReading? Seal, IReadOnlyList<UnreadTensors> Unread)
{
    /// <summary>True when a match may be claimed.</summary>
    public bool IsMarked => Matches.Any(m => m.IsSignificant);
}

/// <summary>State of a seal under one key.</summary>
/// <param name="KeyId">The key.</param>
/// <param name="Chunks">Chunks of 4,096 elements looked at.</param>
/// <param name="BrokenChunks">How many of them do not hold.</param>
/// <param name="Broken">The first of them, as <c>tensor#chunk</c>.</param>
public sealed record SealReading(string KeyId, long Chunks, long BrokenChunks, IReadOnlyList<string> Broken)
{
    /// <summary>True when most chunks hold: the model was sealed, and what does not hold was changed since.</summary>
    public bool IsSealed => Chunks > 0 && BrokenChunks * 2 < Chunks;

    /// <summary>True when every chunk holds.</summary>
    public bool IsIntact => Chunks > 0 && BrokenChunks == 0;
}
