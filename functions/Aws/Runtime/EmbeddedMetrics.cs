using System.Text.Json;
using Bulwark.Functions.Logging;

namespace Bulwark.Functions.Aws.Runtime;

/// <summary>
/// Makes the summary line of an invocation a CloudWatch metric as well: the members that are there already are named as metrics in
/// embedded metric format, so that no call is made for them. ("Specification: Embedded metric format", Amazon CloudWatch User Guide.)
/// </summary>
/// <param name="metricsNamespace">The namespace, such as <c>Bulwark</c>.</param>
/// <param name="clock">The clock.</param>
internal sealed class EmbeddedMetrics(string metricsNamespace, TimeProvider clock)
{
    /// <summary>Adds <c>_aws</c> to the line of a summary; other lines are left alone.</summary>
    public void Write(Utf8JsonWriter json, object state)
    {
        if (state is not InvocationSummary)
            return;
        json.WriteStartObject("_aws");
        json.WriteNumber("Timestamp", clock.GetUtcNow().ToUnixTimeMilliseconds());
        json.WriteStartArray("CloudWatchMetrics");
        json.WriteStartObject();
        json.WriteString("Namespace", metricsNamespace);
        json.WriteStartArray("Dimensions");
        json.WriteStartArray();
        json.WriteStringValue("function");
        json.WriteStringValue("outcome");
        json.WriteEndArray();
        json.WriteEndArray();
        json.WriteStartArray("Metrics");
        WriteMetric(json, "durationMs", "Milliseconds");
        WriteMetric(json, "bytes", "Bytes");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMetric(Utf8JsonWriter json, string name, string unit)
    {
        json.WriteStartObject();
        json.WriteString("Name", name);
        json.WriteString("Unit", unit);
        json.WriteEndObject();
    }
}
