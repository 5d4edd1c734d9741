namespace Bulwark.CloudDoubles.S3;

/// <summary>What can go wrong with a call.</summary>
public enum S3FaultKind
{
    /// <summary>An error is answered.</summary>
    Error,

    /// <summary>The connection is reset without an answer.</summary>
    Reset,

    /// <summary>No answer comes.</summary>
    Silence,

    /// <summary>The connection is reset in the middle of the answer.</summary>
    BrokenAnswer,
}
