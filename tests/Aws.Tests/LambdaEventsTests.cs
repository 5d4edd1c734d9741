using System.Text;
using Bulwark.Aws;
using Bulwark.Functions.Aws.Events;
using Bulwark.Functions.Events;
using CsCheck;

namespace Bulwark.Functions.Aws.Tests;

public sealed class LambdaEventsTests
{
    private static readonly string[] All =
    [
        Bodies.S3, Bodies.S3FromMoto, Bodies.S3Test, Bodies.EventBridge, Bodies.Schedule, Bodies.Scheduler, Bodies.SchedulerOwn, Bodies.FunctionUrl,
        Bodies.Sqs(Bodies.S3, Bodies.EventBridge, Bodies.Sns(Bodies.S3)), Bodies.Fifo(Bodies.S3Test),
    ];

    [Fact]
    public void A_notification_names_key_and_version_as_the_store_does()
    {
        ObjectUploaded uploaded = Assert.IsType<ObjectUploaded>(Assert.Single(Decode(Bodies.S3)));
        Assert.Equal(("s3", "amzn-s3-demo-bucket", "models/new one+é.bin"), (uploaded.Store, uploaded.Container, uploaded.Name));
        Assert.Equal("d41d8cd98f00b204e9800998ecf8427e@096fKKXTRTtl3on89fVO.nfljtsv6qko", uploaded.Version);
        Assert.Equal((1024L, "0055AED6DCD90281E5", DateTimeOffset.UnixEpoch, "C3D13FE58DE4C810"), (uploaded.Size, uploaded.Sequencer, uploaded.Time, uploaded.Id));
    }

    [Fact]
    public void What_moto_leaves_out_is_missing_and_no_error()
    {
        ObjectUploaded uploaded = Assert.IsType<ObjectUploaded>(Assert.Single(Decode(Bodies.S3FromMoto)));
        Assert.Equal(("in/new one+é.bin", "abc", null, TimeSpan.Zero), (uploaded.Name, uploaded.Version, uploaded.Sequencer, uploaded.Time!.Value.Offset));
    }

    [Fact]
    public void EventBridge_does_not_encode_keys()
    {
        ObjectUploaded uploaded = Assert.IsType<ObjectUploaded>(Assert.Single(Decode(Bodies.EventBridge)));
        Assert.Equal(("a+b %41.bin", "b1946ac92492d2347c6235b4d2611184@IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"), (uploaded.Name, uploaded.Version));
    }

    [Fact]
    public void An_event_that_failed_for_good_is_read_again_out_of_what_Lambda_kept_of_it()
    {
        string kept = $$$"""
            {"version":"1.0","timestamp":"2026-01-01T00:00:00.000Z","requestContext":{"requestId":"r","functionArn":"arn:aws:lambda:us-east-1:1:function:f:$LATEST","condition":"RetriesExhausted","approximateInvokeCount":3},
             "requestPayload":{{{Bodies.EventBridge}}},"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"responsePayload":{"errorMessage":"m"}}
            """;
        Assert.Equal(Decode(Bodies.EventBridge), Decode(kept));
        QueueBatch batch = Assert.IsType<QueueBatch>(Assert.Single(Decode(Bodies.Sqs(kept))));
        Assert.Equal("a+b %41.bin", Assert.IsType<ObjectUploaded>(Assert.Single(batch.Messages[0].Content.Events)).Name);
    }

    [Fact]
    public void A_test_event_asks_for_nothing() => Assert.Empty(Decode(Bodies.S3Test));

    [Theory]
    [InlineData(Bodies.Schedule, "arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule")]
    [InlineData(Bodies.Scheduler, "arn:aws:scheduler:us-east-1:1:schedule/default/s")]
    [InlineData(Bodies.SchedulerOwn, "arn:aws:scheduler:us-east-1:1:schedule/default/s")]
    public void Schedules_are_known_in_three_shapes(string body, string name)
    {
        ScheduleFired fired = Assert.IsType<ScheduleFired>(Assert.Single(Decode(body)));
        Assert.Equal(name, fired.Schedule);
        Assert.NotNull(fired.Time);
    }

    [Fact]
    public void A_request_is_decoded()
    {
        HttpRequest request = Assert.IsType<HttpRequest>(Assert.Single(Decode(Bodies.FunctionUrl)));
        Assert.Equal(("POST", "/my/päth", "arn:aws:iam::111122223333:user/example-user"), (request.Method, request.Path, request.Caller));
        Assert.Equal("a/b c.bin", request.Query["name"]);
        Assert.Equal(("2", ""), (request.Query["x"], request.Query["flag"]));
        Assert.Equal(("value1", "cookie1=1; cookie2=2"), (request.Headers["header1"], request.Headers["cookie"]));
        Assert.Equal("Hello", Encoding.UTF8.GetString(request.Body.Span));
    }

    [Fact]
    public void Messages_of_a_queue_hold_notifications_in_three_wrappings_and_fail_one_by_one()
    {
        QueueBatch batch = Assert.IsType<QueueBatch>(Assert.Single(Decode(
            Bodies.Sqs(Bodies.S3, Bodies.EventBridge, Bodies.Sns(Bodies.S3), Bodies.S3Test, "not json", "[]", Bodies.FunctionUrl, Bodies.Sqs(Bodies.S3)))));
        Assert.False(batch.Ordered);
        Assert.Equal([1, 1, 1, 0, 0, 0, 0, 0], batch.Messages.Select(m => m.Content.Events.Count));
        Assert.Equal([null, null, null, null, "BW2202", "BW2202", "BW2202", "BW2202"], batch.Messages.Select(m => m.Content.Trouble?.Code));
        Assert.Equal(["m-1", "m-2"], batch.Messages.Take(2).Select(m => m.Id));
    }

    [Fact]
    public void A_request_in_a_message_is_refused_because_nobody_authenticated_its_caller()
    {
        QueueBatch batch = Assert.IsType<QueueBatch>(Assert.Single(Decode(Bodies.Sqs(Bodies.FunctionUrl, Bodies.Sns(Bodies.FunctionUrl)))));
        Assert.All(batch.Messages, m => Assert.Equal("BW2202", m.Content.Trouble?.Code));
    }

    [Fact]
    public void A_fifo_queue_keeps_order_within_its_groups()
    {
        QueueBatch batch = Assert.IsType<QueueBatch>(Assert.Single(Decode(Bodies.Fifo(Bodies.S3, Bodies.S3, Bodies.S3))));
        Assert.True(batch.Ordered);
        Assert.Equal(["g-0", "g-1", "g-0"], batch.Messages.Select(m => m.Group));
    }

    [Theory]
    [InlineData("2.0")]
    [InlineData("2.5")]
    [InlineData("2.99")]
    public void Minor_versions_of_notifications_are_accepted(string version) =>
        Assert.Single(Decode(Bodies.S3.Replace("\"eventVersion\":\"2.1\"", $"\"eventVersion\":\"{version}\"", StringComparison.Ordinal)));

    [Theory]
    [InlineData("3.0")]
    [InlineData("1.0")]
    [InlineData("20.1")]
    [InlineData("")]
    public void Major_versions_of_notifications_are_not(string version) =>
        Assert.Equal("BW2204", CodeOf(Bodies.S3.Replace("\"eventVersion\":\"2.1\"", $"\"eventVersion\":\"{version}\"", StringComparison.Ordinal)));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"Records\":[]}")]
    [InlineData("{\"Records\":{}}")]
    [InlineData("{\"Records\":[null]}")]
    [InlineData("{\"Records\":[{\"eventSource\":\"aws:dynamodb\"}]}")]
    [InlineData("{\"Records\":[{\"eventSource\":\"aws:s3\"}]}")]
    [InlineData("{\"Records\":[{\"eventSource\":\"aws:sqs\",\"body\":\"{}\"}]}")]
    [InlineData("{\"detail-type\":\"Object Deleted\",\"source\":\"aws.s3\"}")]
    [InlineData("{\"requestContext\":{\"http\":{}},\"version\":\"2.0\"}")]
    [InlineData("{\"a\":\"\\ud800\",\"Event\":\"\\udfff\"}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    public void What_has_no_known_shape_is_a_coded_error(string body) => Assert.Equal("BW2202", CodeOf(body));

    [Theory]
    [InlineData("\"size\":1024", "\"size\":-1")]
    [InlineData("\"size\":1024", "\"size\":1e400")]
    [InlineData("\"size\":1024", "\"size\":99999999999999999999999")]
    [InlineData("\"size\":1024", "\"size\":\"1024\"")]
    [InlineData("models/new+one%2B%C3%A9.bin", "")]
    [InlineData("models/new+one%2B%C3%A9.bin", "%C3%28.bin")]
    [InlineData("1970-01-01T00:00:00.000Z", "yesterday")]
    [InlineData("ObjectCreated:Put", "ObjectRemoved:Delete")]
    [InlineData("\"name\":\"amzn-s3-demo-bucket\"", "\"name\":7")]
    public void Values_that_cannot_be_are_a_coded_error(string good, string bad)
    {
        Assert.Contains(good, Bodies.S3, StringComparison.Ordinal);
        Assert.Equal("BW2202", CodeOf(Bodies.S3.Replace(good, bad, StringComparison.Ordinal)));
    }

    [Fact]
    public void Keys_of_1024_bytes_pass_and_longer_ones_do_not()
    {
        string key = string.Concat(Enumerable.Repeat("é", 512));
        Assert.Equal(key, ((ObjectUploaded)Decode(Bodies.EventBridge.Replace("a+b %41.bin", key, StringComparison.Ordinal))[0]).Name);
        Assert.Equal("BW2202", CodeOf(Bodies.EventBridge.Replace("a+b %41.bin", key + "a", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(100_000)]
    public void Deep_nesting_is_a_coded_error(int depth)
    {
        Assert.Equal("BW2202", CodeOf(string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth)));
        Assert.Equal("BW2202", CodeOf("{\"Records\":" + new string('[', depth) + new string(']', depth) + "}"));
    }

    [Fact]
    public void Envelopes_in_envelopes_end()
    {
        string body = Bodies.S3;
        for (int i = 0; i < 4; i++)
            body = Bodies.Sns(body);
        Assert.Equal("BW2202", CodeOf(body));
    }

    [Fact]
    public void Whatever_is_changed_in_a_real_event_the_outcome_is_events_or_a_coded_error() =>
        Gen.Select(Gen.Int[0, All.Length - 1], Gen.Select(Gen.Int[0, 100_000], Gen.Int[0, 5], Gen.Byte).Array[1, 6]).Sample((which, edits) =>
        {
            List<byte> bytes = [.. Encoding.UTF8.GetBytes(All[which])];
            foreach ((int place, int kind, byte value) in edits)
            {
                int at = bytes.Count == 0 ? 0 : place % bytes.Count;
                int many = Math.Min(value % 24, bytes.Count - at);
                switch (kind)
                {
                    case 0 when bytes.Count > 0:
                        bytes[at] = value;
                        break;
                    case 1:
                        bytes.RemoveRange(at, many);
                        break;
                    case 2:
                        bytes.InsertRange(at, bytes.GetRange(at, many));
                        break;
                    case 3:
                        bytes.InsertRange(at, "\\ud800"u8.ToArray());
                        break;
                    case 4:
                        bytes.InsertRange(at, "null"u8.ToArray());
                        break;
                    default:
                        bytes.InsertRange(at, "-1e999"u8.ToArray());
                        break;
                }
            }

            try
            {
                LambdaEvents.Decode(bytes.ToArray());
            }
            catch (FunctionException error)
            {
                Assert.StartsWith("BW22", error.Code, StringComparison.Ordinal);
            }
        }, iter: 30_000);

    [Fact]
    public void Every_value_of_a_real_event_replaced_by_every_kind_is_events_or_a_coded_error()
    {
        string[] kinds = ["null", "true", "0", "-1", "1e999", "\"\"", "\"\\ud800\"", "[]", "{}", "[[]]", "{\"http\":{}}"];
        int tried = 0;
        foreach (string body in All)
        {
            for (int at = body.IndexOf(':', StringComparison.Ordinal); at >= 0; at = body.IndexOf(':', at + 1))
            {
                foreach (string kind in kinds)
                {
                    // Up to the next comma, brace or bracket, wherever that is: broken JSON is a case as well.
                    int end = body.IndexOfAny([',', '}', ']'], at);
                    try
                    {
                        LambdaEvents.Decode(Encoding.UTF8.GetBytes(body[..(at + 1)] + kind + body[end..]));
                    }
                    catch (FunctionException)
                    {
                    }

                    tried++;
                }
            }
        }

        Assert.True(tried > 1000, $"{tried}");
    }

    [Theory]
    [InlineData("e@v", "e@v", true)]
    [InlineData("e", "e", true)]
    [InlineData("e", "e@v", true)]
    [InlineData("e@v", "e", true)]
    [InlineData("e@v", "e@w", false)]
    [InlineData("e", "ef@v", false)]
    public void A_version_without_its_id_is_told_by_its_tag(string named, string present, bool same) => Assert.Equal(same, S3ObjectStore.IsSameVersion(named, present));

    private static IReadOnlyList<FunctionEvent> Decode(string body) => LambdaEvents.Decode(Encoding.UTF8.GetBytes(body));

    private static string CodeOf(string body) => Assert.Throws<FunctionException>(() => Decode(body)).Code;
}
