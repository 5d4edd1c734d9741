namespace Bulwark.Protection;

/// <summary>
/// What was written into the weights, measured on what was written: the predicate of the signed watermark claim. With the claim's
/// signature and time it settles who marked first.
/// </summary>
public sealed record WatermarkReceipt
{
    /// <summary>Tensors listed by name at most; <see cref="TensorCount"/> and the fingerprint claim cover the rest.</summary>
    public const int MostTensorsListed = 10_000;

    /// <summary>What <see cref="Promises"/> says of a mark that was written and cannot be shown.</summary>
    public const string PromisesNothing = "nothing";

    /// <summary>The scheme: <c>kmm64/v1</c>.</summary>
    public required string Scheme { get; init; }

    /// <summary>False when the model carries no mark; <see cref="Reason"/> says why.</summary>
    public required bool Applied { get; init; }

    /// <summary>What the mark is in: <c>elements</c> or <c>block-scales</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>Why no mark was written; null when one was.</summary>
    public string? Reason { get; init; }

    /// <summary>The key, by a name that tells nothing about it.</summary>
    public string? KeyId { get; init; }

    /// <summary>SHA-256 of 32 bytes that only the master key's holder can show.</summary>
    public string? KeyCommitment { get; init; }

    /// <summary>The 16 bytes of the payload in hexadecimal.</summary>
    public string? Payload { get; init; }

    /// <summary>The owner.</summary>
    public uint? OwnerId { get; init; }

    /// <summary>The model id in full.</summary>
    public string? ModelId { get; init; }

    /// <summary>Weights in groups that could be marked.</summary>
    public long? Elements { get; init; }

    /// <summary>The relative change asked for.</summary>
    public double? Budget { get; init; }

    /// <summary>The relative change planned, root mean square.</summary>
    public double? RelativeChange { get; init; }

    /// <summary>A: standard deviations by which every coded bit stands on its right side.</summary>
    public double? Margin { get; init; }

    /// <summary>What the margin promises: <c>payload</c> from 0.7 on, else <c>presence</c>; <c>nothing</c> when what was read back proves no mark.</summary>
    public string? Promises { get; init; }

    /// <summary>The payload's score in the source.</summary>
    public double? ZBefore { get; init; }

    /// <summary>The payload's score read back from the marked weights.</summary>
    public double? Z { get; init; }

    /// <summary>log10 of the bound on a false match, given the payload.</summary>
    public double? Log10FalsePositive { get; init; }

    /// <summary>True when the payload decodes from the marked weights without knowing it.</summary>
    public bool? Decoded { get; init; }

    /// <summary>True when the weights were sealed as well.</summary>
    public bool Sealed { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset? MarkedAt { get; init; }

    /// <summary>The exact content root of the source, in lower-case hexadecimal; null when it has no tensors.</summary>
    public string? ContentRootBefore { get; init; }

    /// <summary>The exact content root of what was written.</summary>
    public string? ContentRoot { get; init; }

    /// <summary>Number of tensors that carry the mark.</summary>
    public int? TensorCount { get; init; }

    /// <summary>Those tensors, as <c>name dtype [shape]</c>, at most <see cref="MostTensorsListed"/>.</summary>
    public IReadOnlyList<string>? Tensors { get; init; }

    /// <summary>A receipt for a model that carries no mark.</summary>
    public static WatermarkReceipt NotApplied(string reason, bool isSealed) =>
        new() { Scheme = Watermarking.Watermarker.Scheme, Applied = false, Reason = reason, Sealed = isSealed };
}
