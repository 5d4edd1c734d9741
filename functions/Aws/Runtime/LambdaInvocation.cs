namespace Bulwark.Functions.Aws.Runtime;

/// <summary>One invocation as Lambda hands it out.</summary>
/// <param name="RequestId">Names it in the answer.</param>
/// <param name="Deadline">When Lambda stops the sandbox.</param>
/// <param name="Trace">X-Ray's header; null where there is none.</param>
/// <param name="Body">The event.</param>
internal sealed record LambdaInvocation(string RequestId, DateTimeOffset Deadline, string? Trace, byte[] Body);
