using System.Diagnostics;

namespace Bulwark.Functions.Hosting;

/// <summary>Traces of invocations, for whoever listens: an OpenTelemetry exporter, a test.</summary>
public static class FunctionTelemetry
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "Bulwark.Functions";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Begins the activity of an invocation, a child of the caller's; null when nobody listens.</summary>
    internal static Activity? Begin(FunctionContext context, bool coldStart)
    {
        _ = ActivityContext.TryParse(context.TraceParent, traceState: null, isRemote: true, out ActivityContext parent);
        Activity? activity = Source.StartActivity(context.Function, ActivityKind.Server, parent);
        activity?.SetTag("faas.name", context.Function);
        activity?.SetTag("faas.invocation_id", context.InvocationId);
        activity?.SetTag("faas.coldstart", coldStart);
        return activity;
    }

    /// <summary>The trace that an invocation belongs to.</summary>
    internal static string? TraceId(FunctionContext context, Activity? activity) =>
        activity?.TraceId.ToHexString()
        ?? (ActivityContext.TryParse(context.TraceParent, traceState: null, out ActivityContext parent) ? parent.TraceId.ToHexString() : null);
}
