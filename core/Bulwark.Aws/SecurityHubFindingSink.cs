using System.Buffers;
using System.Text.Json;
using Bulwark.Findings;

namespace Bulwark.Aws;

/// <summary>Delivers findings to AWS Security Hub in batches of 100. Needs securityhub:BatchImportFindings on the account's own product.</summary>
/// <remarks>
/// Findings keep their id, so that a second delivery only updates. Security Hub may take some of a batch and not others; those are sent
/// again, three times in all, and what is still not taken is an error, after everything else was delivered.
/// Source: AWS Security Hub API Reference, BatchImportFindings: at most 100 findings, 240 KB each. Safe for concurrent use.
/// </remarks>
/// <param name="securityHub">Calls to the service <c>securityhub</c>; the caller owns it.</param>
/// <param name="account">Whose findings they are.</param>
/// <param name="time">The clock that delays run on; null for the system's.</param>
public sealed class SecurityHubFindingSink(SignedRestClient securityHub, AsffAccount account, TimeProvider? time = null) : IFindingSink
{
    /// <summary>The most findings in one request.</summary>
    public const int BatchSize = 100;

    private const int Attempts = 3;
    private const string Action = "securityhub:BatchImportFindings";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly AsffWriter _writer = new(account);

    /// <inheritdoc />
    /// <exception cref="FindingException">BW2101: Security Hub did not take some of them.</exception>
    /// <exception cref="AwsServiceException">BW2281: not permitted. BW2282: no answer. BW2283: Security Hub is not enabled, or refuses.</exception>
    public async Task WriteAsync(IReadOnlyList<Finding> findings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(findings);
        // The newest of several with one id is the one that counts.
        Dictionary<string, Finding> pending = [];
        foreach (Finding finding in findings.OrderBy(f => f.FoundAt))
            pending[_writer.IdOf(finding)] = finding;
        int total = pending.Count;
        Dictionary<string, string> failed = [];
        for (int attempt = 1; pending.Count > 0 && attempt <= Attempts; attempt++)
        {
            if (attempt > 1)
                await Task.Delay(Pause * (1 << attempt), time ?? TimeProvider.System, cancellationToken);
            failed.Clear();
            foreach (KeyValuePair<string, Finding>[] batch in pending.Chunk(BatchSize))
            {
                foreach ((string id, string why) in await ImportAsync(batch, cancellationToken))
                    failed[id] = why;
            }

            pending = pending.Where(p => failed.ContainsKey(p.Key)).ToDictionary();
        }

        if (pending.Count > 0)
            throw FindingException.NotTaken("Security Hub", pending.Count, total, failed[pending.Keys.First()]);
    }

    private async Task<List<(string Id, string Why)>> ImportAsync(KeyValuePair<string, Finding>[] batch, CancellationToken cancellationToken)
    {
        byte[] answer = await securityHub.PostAsync(Action, "/findings/import", Request(batch.Select(b => b.Value)), cancellationToken);
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            JsonElement root = document.RootElement;
            List<(string Id, string Why)> failed = [];
            if (root.TryGetProperty("FailedFindings", out JsonElement list) && list.ValueKind == JsonValueKind.Array)
                failed.AddRange(list.EnumerateArray().Select(f => (f.GetProperty("Id").GetString()!, $"{f.GetProperty("ErrorCode").GetString()}: {f.GetProperty("ErrorMessage").GetString()?.TrimEnd('.')}")));
            // A count without names would let findings disappear.
            return root.GetProperty("FailedCount").GetInt32() == failed.Count && root.GetProperty("SuccessCount").GetInt32() + failed.Count == batch.Length
                ? failed
                : throw AwsServiceException.Rejected(Action, "the answer's counts are not those of the request");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw AwsServiceException.Rejected(Action, "the answer is not the documented one");
        }
    }

    internal byte[] Request(IEnumerable<Finding> findings)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("Findings");
            foreach (Finding finding in findings)
                _writer.Write(json, finding);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
