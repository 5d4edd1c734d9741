using Bulwark.Audit;
using Bulwark.Findings;
using Bulwark.Keys;
using Bulwark.State;
using Bulwark.Storage;
using Bulwark.Watermarking;

namespace Bulwark.Protection;

/// <summary>What the main job stands on. A cloud, or the embedded default, fills it in; nothing here decides anything.</summary>
public sealed record ProtectionServices
{
    /// <summary>Where models come from and where protected ones go.</summary>
    public required IObjectStore Store { get; init; }

    /// <summary>Idempotency records and the registry of issued watermarks.</summary>
    public required IStateStore State { get; init; }

    /// <summary>Who did what, append-only.</summary>
    public required AuditLog Audit { get; init; }

    /// <summary>Told what was found in models that are refused.</summary>
    public required IFindingSink Findings { get; init; }

    /// <summary>Container in <see cref="Store"/> for copies of refused models; it holds nothing else, and no trigger watches it.</summary>
    public required string QuarantineContainer { get; init; }

    /// <summary>Signs models and claims: ECDSA P-256 or P-384.</summary>
    public required ISigningKey SigningKey { get; init; }

    /// <summary>Signs the same payload again with ML-DSA-65 where that is asked for; null where it cannot be.</summary>
    public ISigningKey? PostQuantumKey { get; init; }

    /// <summary>Marks models; null where none is to be marked.</summary>
    public WatermarkKey? WatermarkKey { get; init; }

    /// <summary>Signatures by these keys are trusted when opening.</summary>
    public required IReadOnlyList<VerificationKey> TrustedKeys { get; init; }

    /// <summary>Keys that wrap the data key (all of them do), and that may unwrap it (any of them may).</summary>
    public required IReadOnlyList<IWrappingKey> WrappingKeys { get; init; }

    /// <summary>
    /// Whether wraps are bound to the very object, bucket, key and version, that a model came from, so that the key service's log
    /// names it and its policies can speak of it. Off where that would write a person's folders into the envelope.
    /// </summary>
    public bool BindWrapsToSource { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Who is acting, for the audit log: a user, a role, a service account.</summary>
    public required string Actor { get; init; }

    /// <summary>
    /// How long a claim on a source version holds without renewal. A moment where the host already keeps two workers apart
    /// (the command line does, with a lock that dies with its process).
    /// </summary>
    public TimeSpan ClaimLease { get; init; } = TimeSpan.FromMinutes(5);
}
