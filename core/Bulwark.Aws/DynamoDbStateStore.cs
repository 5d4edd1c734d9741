using System.Globalization;
using System.Runtime.CompilerServices;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Bulwark.Aws.Tables;
using Bulwark.State;

namespace Bulwark.Aws;

/// <summary>Versioned documents in one DynamoDB table.</summary>
/// <remarks>
/// <code>
/// attribute  type   what
/// pk         S      the collection (partition key)
/// sk         S      the id (sort key; DynamoDB sorts strings by the bytes of their UTF-8)
/// v          N      the version
/// c          B      the content
/// w          S      id of the write that made this version
/// </code>
/// <para>
/// Every write is one conditional call. When its answer is lost, the SDK repeats it, and the repetition fails on its own condition: the
/// present item then comes with the refusal, and its write id tells whether it is ours. One that was written and replaced by someone
/// else before the repetition is reported as a version that did not match, which it is by then.
/// </para>
/// <para>Needs <c>dynamodb:GetItem</c>, <c>PutItem</c>, <c>DeleteItem</c> and <c>Query</c> on the table. Reads are strongly consistent.</para>
/// </remarks>
/// <param name="dynamoDb">The client, see <see cref="AwsClients"/>; the caller disposes it.</param>
/// <param name="table">Name or ARN of the table.</param>
public sealed class DynamoDbStateStore(IAmazonDynamoDB dynamoDb, string table) : IStateStore
{
    private const string Key = "pk";
    private const string SortKey = "sk";
    private const string Version = "v";
    private const string Content = "c";
    private const string WriteId = "w";

    private readonly string _what = $"The state table {table}";

    /// <inheritdoc />
    public async Task<StateDocument?> GetAsync(string collection, string id, CancellationToken cancellationToken)
    {
        StateLimits.CheckCollection(collection);
        StateLimits.CheckId(id);
        GetItemRequest request = new() { TableName = table, Key = KeyOf(collection, id), ConsistentRead = true };
        GetItemResponse found = await CallAsync("dynamodb:GetItem", () => dynamoDb.GetItemAsync(request, cancellationToken), cancellationToken);
        return found.Item is { Count: > 0 } item ? Document(collection, item) : null;
    }

    /// <inheritdoc />
    public async Task<StateDocument?> TryPutAsync(
        string collection, string id, ReadOnlyMemory<byte> content, long expectedVersion, CancellationToken cancellationToken)
    {
        StateLimits.CheckCollection(collection);
        StateLimits.CheckId(id);
        StateLimits.CheckContent(content.Span);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        byte[] bytes = content.ToArray();
        string writeId = Guid.NewGuid().ToString("N");
        Dictionary<string, AttributeValue> item = KeyOf(collection, id);
        item[Version] = Number(expectedVersion + 1);
        item[Content] = new AttributeValue { B = new MemoryStream(bytes, writable: false) };
        item[WriteId] = new AttributeValue(writeId);
        PutItemRequest request = new()
        {
            TableName = table,
            Item = item,
            ConditionExpression = expectedVersion == 0 ? $"attribute_not_exists({Key})" : $"{Version} = :expected",
            ExpressionAttributeValues = expectedVersion == 0 ? null : new Dictionary<string, AttributeValue> { [":expected"] = Number(expectedVersion) },
            ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
        };
        bool written = await CallAsync(
            "dynamodb:PutItem",
            async () =>
            {
                try
                {
                    await dynamoDb.PutItemAsync(request, cancellationToken);
                    return true;
                }
                catch (ConditionalCheckFailedException refused)
                {
                    return refused.Item?.GetValueOrDefault(WriteId)?.S == writeId;
                }
            },
            cancellationToken);
        return written ? new StateDocument(collection, id, expectedVersion + 1, bytes) : null;
    }

    /// <inheritdoc />
    /// <remarks>
    /// A deletion whose answer was lost is repeated and then finds nothing: false, although this call deleted it. So false never means
    /// that the document is still there in that version, and true is said to one caller only.
    /// </remarks>
    public Task<bool> TryDeleteAsync(string collection, string id, long expectedVersion, CancellationToken cancellationToken)
    {
        StateLimits.CheckCollection(collection);
        StateLimits.CheckId(id);
        DeleteItemRequest request = new()
        {
            TableName = table,
            Key = KeyOf(collection, id),
            ConditionExpression = $"{Version} = :expected",
            ExpressionAttributeValues = new Dictionary<string, AttributeValue> { [":expected"] = Number(expectedVersion) },
        };
        return CallAsync(
            "dynamodb:DeleteItem",
            async () =>
            {
                try
                {
                    await dynamoDb.DeleteItemAsync(request, cancellationToken);
                    return true;
                }
                catch (ConditionalCheckFailedException)
                {
                    return false;
                }
            },
            cancellationToken);
    }

    /// <inheritdoc />
    /// <remarks>Read in pages of at most 1 MiB; later pages show later changes.</remarks>
    public async IAsyncEnumerable<StateDocument> ListAsync(
        string collection, string idPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StateLimits.CheckCollection(collection);
        StateLimits.CheckIdPrefix(idPrefix);
        QueryRequest request = new()
        {
            TableName = table,
            ConsistentRead = true,
            KeyConditionExpression = $"{Key} = :collection",
            ExpressionAttributeValues = new Dictionary<string, AttributeValue> { [":collection"] = new AttributeValue(collection) },
        };
        if (idPrefix.Length > 0)
        {
            request.KeyConditionExpression += $" AND begins_with({SortKey}, :prefix)";
            request.ExpressionAttributeValues[":prefix"] = new AttributeValue(idPrefix);
        }

        do
        {
            QueryResponse page = await CallAsync("dynamodb:Query", () => dynamoDb.QueryAsync(request, cancellationToken), cancellationToken);
            foreach (Dictionary<string, AttributeValue> item in page.Items ?? [])
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return Document(collection, item);
            }

            request.ExclusiveStartKey = page.LastEvaluatedKey;
        }
        while (request.ExclusiveStartKey is { Count: > 0 });
    }

    private static Dictionary<string, AttributeValue> KeyOf(string collection, string id) => new()
    {
        [Key] = new AttributeValue(collection),
        [SortKey] = new AttributeValue(id),
    };

    private static AttributeValue Number(long value) => new() { N = value.ToString(CultureInfo.InvariantCulture) };

    private StateDocument Document(string collection, Dictionary<string, AttributeValue> item)
    {
        if (item.GetValueOrDefault(SortKey)?.S is not { } id
            || !long.TryParse(item.GetValueOrDefault(Version)?.N, NumberStyles.None, CultureInfo.InvariantCulture, out long version)
            || item.GetValueOrDefault(Content)?.B is not { } content)
            throw StateException.Damaged(_what, $"an item of the collection '{collection}' lacks one of {SortKey}, {Version} and {Content}");
        return new StateDocument(collection, id, version, content.ToArray());
    }

    private async Task<T> CallAsync<T>(string permission, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception error) when (TableFailure.Of(error, _what, permission) is { } failure)
        {
            throw failure;
        }
    }
}
