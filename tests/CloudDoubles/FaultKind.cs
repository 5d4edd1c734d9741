namespace Bulwark.CloudDoubles;

/// <summary>What can go wrong between a client and a service.</summary>
public enum FaultKind
{
    /// <summary>500: the service failed.</summary>
    InternalError,

    /// <summary>503 without a word.</summary>
    Unavailable,

    /// <summary>The service says that it is asked too often.</summary>
    Throttled,

    /// <summary>The connection breaks before the request was acted upon.</summary>
    Dropped,

    /// <summary>The request is acted upon, and the connection breaks before the answer.</summary>
    AnswerLost,

    /// <summary>No answer comes until the client gives up.</summary>
    Stalled,
}
