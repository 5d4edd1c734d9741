using System.Text;
using System.Text.Json;
using Bulwark.Functions.Events;

namespace Bulwark.Functions.Aws.Events;

/// <summary>
/// Reads what Lambda calls a function with. Anyone who may invoke a function, or write to its queue, writes these bytes: whatever they
/// are, the outcome is events or a coded error.
/// </summary>
/// <remarks>
/// <code>
/// Records[].eventSource aws:s3        S3 notifications                       ObjectUploaded each
/// Records[].eventSource aws:sqs       SQS                                    QueueBatch; bodies are S3, EventBridge or SNS
/// Records[].EventSource aws:sns       SNS                                    what the messages hold
/// Type Notification                   SNS's envelope in a queue              what its Message holds
/// Event s3:TestEvent                  what S3 sends when notifications are set up    nothing
/// detail-type, source                 EventBridge: S3's Object Created, schedules
/// requestPayload, requestContext.condition   what Lambda sends to an on-failure destination    what its requestPayload is
/// schedule                            EventBridge Scheduler, whose payload names its schedule
/// requestContext.http                 function URL, API Gateway HTTP API (payload 2.0)
/// </code>
/// Shapes: Amazon S3 User Guide, "Event message structure" and "Using EventBridge"; AWS Lambda Developer Guide.
/// </remarks>
internal static class LambdaEvents
{
    // Deeper than any of the shapes by far.
    private const int MaximumDepth = 32;

    /// <summary>A queue's message may hold a topic's message, which holds a notification.</summary>
    private const int MostEnvelopes = 3;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaximumDepth, AllowDuplicateProperties = false };

    /// <summary>Reads an event.</summary>
    /// <exception cref="FunctionException">BW2202 to BW2204.</exception>
    public static IReadOnlyList<FunctionEvent> Decode(ReadOnlyMemory<byte> json) => Parse(json, root =>
    {
        if (root.Find("requestContext")?.Find("http") is not null || root.Find("httpMethod") is not null)
            return [HttpEvents.Decode(root)];
        return SourceOf(root) == "aws:sqs" ? [SqsEvents.Decode(root)] : Decode(root, envelopes: 0);
    });

    /// <summary>Reads what a message holds. A request in a message is refused: nobody authenticated its caller.</summary>
    /// <exception cref="FunctionException">BW2202 to BW2204.</exception>
    public static IReadOnlyList<FunctionEvent> DecodeMessage(string body, int envelopes)
    {
        if (envelopes > MostEnvelopes)
            throw FunctionException.MalformedEvent("it is an envelope in an envelope in an envelope");
        return Parse(Encoding.UTF8.GetBytes(body), root => Decode(root, envelopes));
    }

    private static IReadOnlyList<FunctionEvent> Decode(EventField root, int envelopes)
    {
        if (root.Find("Event")?.Text() == "s3:TestEvent")
            return [];
        if (root.Find("Records") is { } records)
        {
            return SourceOf(root) switch
            {
                "aws:s3" => [.. records.Items().Select(S3Events.Decode)],
                "aws:sns" => [.. records.Items().SelectMany(r => DecodeMessage(r["Sns"]["Message"].Text(), envelopes + 1))],
                null => throw FunctionException.MalformedEvent("it has no records, or none that names its source"),
                string other => throw FunctionException.MalformedEvent($"records of '{Brief(other)}' are not known here"),
            };
        }

        if (root.Find("Type")?.Text() == "Notification" && root.Find("TopicArn") is not null)
            return DecodeMessage(root["Message"].Text(), envelopes + 1);
        if (root.Find("detail-type") is not null)
            return [EventBridgeEvents.Decode(root)];
        if (root.Find("schedule") is not null)
            return [EventBridgeEvents.DecodeSchedule(root)];
        if (root.Find("requestPayload") is { } failed && root.Find("requestContext")?.Find("condition") is not null)
            return envelopes < MostEnvelopes ? Decode(failed, envelopes + 1) : throw FunctionException.MalformedEvent("it is an envelope in an envelope in an envelope");
        throw FunctionException.MalformedEvent("it has none of the shapes that are known here");
    }

    private static string? SourceOf(EventField root)
    {
        if (root.Find("Records") is not { } records)
            return null;
        foreach (EventField record in records.Items())
            return (record.Find("eventSource") ?? record.Find("EventSource"))?.Text();
        return null;
    }

    private static string Brief(string text) => text.Length <= 64 ? text : text[..64];

    private static IReadOnlyList<FunctionEvent> Parse(ReadOnlyMemory<byte> json, Func<EventField, IReadOnlyList<FunctionEvent>> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Options);
            EventField root = new(document.RootElement, "it");
            return root.IsObject ? read(root) : throw root.Wrong("an object");
        }
        catch (JsonException error)
        {
            throw FunctionException.MalformedEvent("it is not JSON, has a member twice, or is nested too deeply", error);
        }
        catch (InvalidOperationException error)
        {
            // What System.Text.Json says of text with half a surrogate pair in it.
            throw FunctionException.MalformedEvent("it has text that is no Unicode", error);
        }
    }
}
