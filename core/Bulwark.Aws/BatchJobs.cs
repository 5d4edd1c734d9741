using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bulwark.Aws;

/// <summary>Hands work that is too large for a function to AWS Batch. Needs batch:SubmitJob on the queue and the definition.</summary>
/// <remarks>
/// When an answer is lost the request is sent again, and Batch has no way to tell: the job may run twice, so it must be idempotent,
/// as protecting a model is. Source: AWS Batch API Reference, SubmitJob. Safe for concurrent use.
/// </remarks>
/// <param name="batch">Calls to the service <c>batch</c>; the caller owns it.</param>
public sealed partial class BatchJobs(SignedRestClient batch)
{
    private const string Action = "batch:SubmitJob";
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Submits a job.</summary>
    /// <returns>The job's id.</returns>
    /// <exception cref="ArgumentException">A name, variable or timeout that Batch does not allow.</exception>
    /// <exception cref="AwsServiceException">BW2281: not permitted. BW2282: no answer. BW2283: no such queue or definition, or another refusal.</exception>
    public async Task<string> SubmitAsync(BatchJob job, CancellationToken cancellationToken)
    {
        byte[] answer = await batch.PostAsync(Action, "/v1/submitjob", Request(job), cancellationToken);
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            if (document.RootElement.GetProperty("jobId").GetString() is { Length: > 0 } id)
                return id;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Said below.
        }

        throw AwsServiceException.Rejected(Action, "the answer names no job");
    }

    internal static byte[] Request(BatchJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (!JobName().IsMatch(job.Name))
            throw new ArgumentException($"'{job.Name}' is no name for a job of AWS Batch.", nameof(job));
        if (job.Environment.Keys.FirstOrDefault(name => name.StartsWith("AWS_BATCH", StringComparison.Ordinal)) is { } reserved)
            throw new ArgumentException($"AWS Batch sets the variable {reserved} itself.", nameof(job));
        if (job.Timeout < ShortestTimeout)
            throw new ArgumentException("AWS Batch allows no timeout below 60 seconds.", nameof(job));
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("jobName", job.Name);
            json.WriteString("jobQueue", job.Queue);
            json.WriteString("jobDefinition", job.Definition);
            if (job.Parameters.Count > 0)
            {
                json.WriteStartObject("parameters");
                foreach ((string name, string value) in job.Parameters)
                    json.WriteString(name, value);
                json.WriteEndObject();
            }

            if (job.Environment.Count > 0)
                WriteEnvironment(json, job.Environment);
            if (job.Timeout is { } timeout)
            {
                json.WriteStartObject("timeout");
                json.WriteNumber("attemptDurationSeconds", (int)Math.Min(timeout.TotalSeconds, int.MaxValue));
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteEnvironment(Utf8JsonWriter json, IReadOnlyDictionary<string, string> environment)
    {
        json.WriteStartObject("containerOverrides");
        json.WriteStartArray("environment");
        foreach ((string name, string value) in environment)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]{0,127}\z")]
    private static partial Regex JobName();
}
