namespace Bulwark.Functions.Aws.Tests;

/// <summary>Events as AWS writes them: from its developer guides, and captured from moto.</summary>
internal static class Bodies
{
    /// <summary>S3 User Guide, "Event message structure", version 2.1.</summary>
    public const string S3 = """
        {"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-west-2","eventTime":"1970-01-01T00:00:00.000Z","eventName":"ObjectCreated:Put",
        "userIdentity":{"principalId":"AIDAJDPLRKLG7UEXAMPLE"},"requestParameters":{"sourceIPAddress":"127.0.0.1"},
        "responseElements":{"x-amz-request-id":"C3D13FE58DE4C810","x-amz-id-2":"FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD"},
        "s3":{"s3SchemaVersion":"1.0","configurationId":"testConfigRule","bucket":{"name":"amzn-s3-demo-bucket","ownerIdentity":{"principalId":"A3NL1KOZZKExample"},"arn":"arn:aws:s3:::amzn-s3-demo-bucket"},
        "object":{"key":"models/new+one%2B%C3%A9.bin","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e","versionId":"096fKKXTRTtl3on89fVO.nfljtsv6qko","sequencer":"0055AED6DCD90281E5"}}}]}
        """;

    /// <summary>What moto 5 sends: the slash encoded, no zone, no version, no sequencer.</summary>
    public const string S3FromMoto = """
        {"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-01-02T03:04:05.678900","eventName":"ObjectCreated:Put",
        "s3":{"s3SchemaVersion":"1.0","configurationId":"c","bucket":{"name":"up","arn":"arn:aws:s3:::up"},"object":{"key":"in%2Fnew+one%2B%C3%A9.bin","size":3,"eTag":"\"abc\""}}}]}
        """;

    public const string S3Test =
        """{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z","Bucket":"amzn-s3-demo-bucket","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"}""";

    /// <summary>S3 User Guide, "Using EventBridge".</summary>
    public const string EventBridge = """
        {"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":"Object Created","source":"aws.s3","account":"111122223333","time":"2021-11-12T00:00:00Z","region":"ca-central-1",
        "resources":["arn:aws:s3:::amzn-s3-demo-bucket1"],"detail":{"version":"0","bucket":{"name":"amzn-s3-demo-bucket1"},
        "object":{"key":"a+b %41.bin","size":5,"etag":"b1946ac92492d2347c6235b4d2611184","version-id":"IYV3p45BT0ac8hjHg1houSdS1a.Mro8e","sequencer":"617f08299329d189"},
        "request-id":"N4N7GDK58NMKJ12R","requester":"123456789012","source-ip-address":"1.2.3.4","reason":"PutObject"}}
        """;

    public const string Schedule = """
        {"version":"0","id":"53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012","time":"2015-10-08T16:53:06Z","region":"us-east-1",
        "resources":["arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule"],"detail":{}}
        """;

    /// <summary>EventBridge Scheduler's payload where none is given.</summary>
    public const string Scheduler = """
        {"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.scheduler","account":"1","time":"2023-05-01T00:00:00Z","region":"us-east-1","resources":["arn:aws:scheduler:us-east-1:1:schedule/default/s"],"detail":"{}"}
        """;

    public const string SchedulerOwn = """{"schedule":"arn:aws:scheduler:us-east-1:1:schedule/default/s","time":"2023-05-01T00:00:00Z","id":"x"}""";

    /// <summary>Lambda Developer Guide, "Invoking function URLs".</summary>
    public const string FunctionUrl = """
        {"version":"2.0","routeKey":"$default","rawPath":"/my/p%C3%A4th","rawQueryString":"name=a%2Fb+c.bin&x=1&x=2&flag","cookies":["cookie1=1","cookie2=2"],
        "headers":{"Header1":"value1","header2":"value1,value2"},"queryStringParameters":{"name":"a/b c.bin"},
        "requestContext":{"accountId":"123456789012","apiId":"<urlid>","authorizer":{"iam":{"accessKey":"AKIA","accountId":"111122223333","callerId":"AIDA","cognitoIdentity":null,"principalOrgId":null,"userArn":"arn:aws:iam::111122223333:user/example-user","userId":"AIDAEXAMPLE"}},
        "domainName":"d","http":{"method":"POST","path":"/my/path","protocol":"HTTP/1.1","sourceIp":"123.123.123.123","userAgent":"agent"},"requestId":"id","routeKey":"$default","stage":"$default","time":"12/Mar/2020:19:03:58 +0000","timeEpoch":1583348638390},
        "body":"SGVsbG8=","pathParameters":null,"isBase64Encoded":true,"stageVariables":null}
        """;

    public static string Sqs(params string[] bodies) => Sqs("arn:aws:sqs:us-east-2:123456789012:my-queue", bodies);

    public static string Fifo(params string[] bodies) => Sqs("arn:aws:sqs:us-east-2:123456789012:my-queue.fifo", bodies);

    public static string Sns(string message) =>
        $$"""{"Type":"Notification","MessageId":"22b80b92","TopicArn":"arn:aws:sns:us-west-2:123456789012:t","Subject":"Amazon S3 Notification","Message":{{Quote(message)}},"Timestamp":"2012-05-02T00:54:06.655Z","SignatureVersion":"1"}""";

    public static string Quote(string text) => $"\"{System.Text.Json.JsonEncodedText.Encode(text)}\"";

    private static string Sqs(string arn, string[] bodies) => $$"""{"Records":[{{string.Join(',', bodies.Select((b, i) =>
        $$$"""{"messageId":"m-{{{i + 1}}}","receiptHandle":"h","body":{{{Quote(b)}}},"attributes":{"ApproximateReceiveCount":"1","MessageGroupId":"g-{{{i % 2}}}"},"messageAttributes":{},"md5OfBody":"e4","eventSource":"aws:sqs","eventSourceARN":"{{{arn}}}","awsRegion":"us-east-2"}"""))}}]}""";
}
