using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Bulwark.State;

namespace Bulwark.Findings;

/// <summary>
/// Keeps findings in the state store, one document each in the collection <c>findings</c>. Ids begin with the time, so that a
/// list is in the order in which things were found.
/// </summary>
/// <param name="state">The store.</param>
public sealed class StateFindingSink(IStateStore state) : IFindingSink
{
    /// <summary>The collection.</summary>
    public const string Collection = "findings";

    private const int DigestLength = 16;

    /// <inheritdoc />
    /// <exception cref="StateException">BW1102, BW1104 or BW1106: the store cannot be written; BW1103 for a finding of more than 256 KiB.</exception>
    public async Task WriteAsync(IReadOnlyList<Finding> findings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(findings);
        foreach (Finding finding in findings)
        {
            byte[] content = JsonSerializer.SerializeToUtf8Bytes(finding, FindingJson.Default.Finding);
            // The same finding has the same id; one that is there already was delivered before.
            await state.TryPutAsync(Collection, IdOf(finding, content), content, expectedVersion: 0, cancellationToken);
        }
    }

    /// <summary>Reads findings back, oldest first.</summary>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async IAsyncEnumerable<Finding> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (StateDocument document in state.ListAsync(Collection, "", cancellationToken))
        {
            yield return Parse(document);
        }
    }

    private static Finding Parse(StateDocument document)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Content.Span, FindingJson.Default.Finding)!;
        }
        catch (JsonException error)
        {
            throw StateException.Damaged($"{Collection}/{document.Id}", error.Message.TrimEnd('.'), error);
        }
    }

    private static string IdOf(Finding finding, byte[] content) => string.Create(
        CultureInfo.InvariantCulture,
        $"{finding.FoundAt.UtcDateTime:yyyyMMdd'T'HHmmssfffffff'Z'}-{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, DigestLength))}");
}
