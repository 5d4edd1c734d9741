namespace Bulwark.CloudDoubles.S3;

/// <summary>Something that goes wrong with one call.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="AfterEffect">Whether the call takes effect all the same, so that only its answer is lost.</param>
/// <param name="Status">The status of <see cref="S3FaultKind.Error"/>.</param>
/// <param name="Code">The error code of <see cref="S3FaultKind.Error"/>.</param>
public sealed record S3Fault(S3FaultKind Kind, bool AfterEffect = false, int Status = 500, string Code = "InternalError")
{
    /// <summary>500 InternalError.</summary>
    public static S3Fault InternalError(bool afterEffect = false) => new(S3FaultKind.Error, afterEffect);

    /// <summary>503 SlowDown; S3 answers so before any effect.</summary>
    public static S3Fault SlowDown() => new(S3FaultKind.Error, false, 503, "SlowDown");

    /// <summary>409 ConditionalRequestConflict.</summary>
    public static S3Fault Race() => new(S3FaultKind.Error, false, 409, "ConditionalRequestConflict");

    /// <summary>403 AccessDenied.</summary>
    public static S3Fault AccessDenied() => new(S3FaultKind.Error, false, 403, "AccessDenied");

    /// <summary>The connection is reset.</summary>
    public static S3Fault Reset(bool afterEffect = false) => new(S3FaultKind.Reset, afterEffect);

    /// <summary>No answer comes until the client gives up.</summary>
    public static S3Fault Silence(bool afterEffect = false) => new(S3FaultKind.Silence, afterEffect);

    /// <summary>The connection is reset in the middle of the answer's body.</summary>
    public static S3Fault BrokenAnswer() => new(S3FaultKind.BrokenAnswer, true);
}
