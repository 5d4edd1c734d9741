namespace Bulwark.State;

/// <summary>The answer to a claim: one of <see cref="Acquired"/>, <see cref="Completed"/>, <see cref="InProgress"/>.</summary>
public abstract record ClaimOutcome
{
    private ClaimOutcome()
    {
    }

    /// <summary>The work is the caller's until the claim's lease ends.</summary>
    /// <param name="Claim">To be completed, renewed or abandoned.</param>
    public sealed record Acquired(IdempotencyClaim Claim) : ClaimOutcome;

    /// <summary>The work was done before.</summary>
    /// <param name="Result">What the first worker left.</param>
    public sealed record Completed(ReadOnlyMemory<byte> Result) : ClaimOutcome;

    /// <summary>Another worker has the claim.</summary>
    /// <param name="Until">When its lease ends and another may take over, unless it is renewed.</param>
    public sealed record InProgress(DateTimeOffset Until) : ClaimOutcome;
}
