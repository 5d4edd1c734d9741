namespace Bulwark.CloudDoubles.Kms;

/// <summary>A key as the double keeps it.</summary>
internal sealed record KmsKey
{
    public required string Id { get; init; }

    public required string Arn { get; init; }

    public required string Spec { get; init; }

    public required string Usage { get; init; }

    public string Description { get; init; } = "";

    public bool Enabled { get; init; } = true;

    public DateTimeOffset? DeletedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>AES or HMAC key, PKCS#8 of an RSA or EC key, seed of an Ed25519 or ML-DSA key.</summary>
    public required byte[] Material { get; init; }

    public string State => DeletedAt is not null ? "PendingDeletion" : Enabled ? "Enabled" : "Disabled";
}
