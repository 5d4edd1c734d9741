using Bulwark.Functions.Events;

namespace Bulwark.Functions.Aws.Events;

/// <summary>Batches of SQS. A message that cannot be read fails by itself.</summary>
internal static class SqsEvents
{
    /// <summary>Reads a batch.</summary>
    /// <exception cref="FunctionException">BW2202: a record has no id, so that its failure could not be told.</exception>
    public static QueueBatch Decode(EventField root)
    {
        List<QueueMessage> messages = [];
        bool ordered = false;
        foreach (EventField record in root["Records"].Items())
        {
            ordered |= record.Find("eventSourceARN")?.Text().EndsWith(".fifo", StringComparison.Ordinal) ?? false;
            messages.Add(new QueueMessage(
                record["messageId"].Name(), record.Find("attributes")?.Find("MessageGroupId")?.Text(), Content(record)));
        }

        return new QueueBatch { Messages = messages, Ordered = ordered };
    }

    private static QueueContent Content(EventField record)
    {
        try
        {
            return new QueueContent(LambdaEvents.DecodeMessage(record["body"].Text(), envelopes: 0), Trouble: null);
        }
        catch (FunctionException error)
        {
            return new QueueContent([], error);
        }
        catch (InvalidOperationException error)
        {
            return new QueueContent([], FunctionException.MalformedEvent("the message's body is no Unicode", error));
        }
    }
}
