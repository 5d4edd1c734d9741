namespace Bulwark.Protection;

/// <summary>What protecting a model produced. Stored as the idempotency record's result, so it holds no secret.</summary>
public sealed record ProtectionResult
{
    /// <summary>The model's name, the signature's subject.</summary>
    public required string Model { get; init; }

    /// <summary>Format found by content, as <see cref="Models.ModelFile.Format"/> names it; <c>opaque</c> for one that is not known.</summary>
    public required string Format { get; init; }

    /// <summary>Size of the model in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Number of tensors mapped.</summary>
    public required int Tensors { get; init; }

    /// <summary>Lower-case hex SHA-256 of the plaintext that was signed and encrypted.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The exact content root of the tensors that were signed and encrypted, in lower-case hexadecimal; null when there are none.</summary>
    public string? ContentRoot { get; init; }

    /// <summary>What the weights carry now.</summary>
    public required WatermarkReceipt Watermark { get; init; }

    /// <summary>Container the parts were written to.</summary>
    public required string Container { get; init; }

    /// <summary>Names of the parts.</summary>
    public required string Body { get; init; }

    /// <summary>The envelope's name.</summary>
    public required string Sidecar { get; init; }

    /// <summary>The signature's name.</summary>
    public required string Signature { get; init; }

    /// <summary>The claims' name.</summary>
    public required string Claims { get; init; }

    /// <summary>Version of the body that was written.</summary>
    public required string BodyVersion { get; init; }

    /// <summary>Hex SHA-256 of the signing key's public PEM.</summary>
    public required string SignedBy { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset ProtectedAt { get; init; }

    /// <summary>Who acted; null in results of earlier releases.</summary>
    public string? ProtectedBy { get; init; }

    /// <summary>True when an earlier run had protected this source version already and this is its result.</summary>
    public bool AlreadyProtected { get; init; }
}
