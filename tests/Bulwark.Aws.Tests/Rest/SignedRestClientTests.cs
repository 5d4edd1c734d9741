using System.Text;
using System.Text.Json;
using Amazon.Runtime;
using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Rest;

public sealed class SignedRestClientTests
{
    private static readonly byte[] Body = "{}"u8.ToArray();

    [ProgramFact("moto_server")]
    public async Task A_service_that_verifies_signatures_and_policies_takes_ours_and_no_others()
    {
        using MotoServer moto = await MotoServer.StartAsync(unauthenticatedCalls: 6);
        string[] keys = Boto3.Run(moto.Address, """
            allowed = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'securityhub:GetFindings', 'Resource': '*'}]})
            trust = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': {'AWS': '*'}, 'Action': 'sts:AssumeRole'}]})
            iam = client('iam')
            iam.create_user(UserName='function')
            iam.put_user_policy(UserName='function', PolicyName='p', PolicyDocument=allowed)
            user = iam.create_access_key(UserName='function')['AccessKey']
            role = iam.create_role(RoleName='function', AssumeRolePolicyDocument=trust)['Role']['Arn']
            iam.put_role_policy(RoleName='function', PolicyName='p', PolicyDocument=allowed)
            session = client('sts').assume_role(RoleArn=role, RoleSessionName='session')['Credentials']
            print(user['AccessKeyId'], user['SecretAccessKey'], session['AccessKeyId'], session['SecretAccessKey'], session['SessionToken'])
            """).Split(' ');
        (string[] user, string[] session) = (keys[..2], keys[2..]);

        foreach (AWSCredentials good in new AWSCredentials[] { new BasicAWSCredentials(user[0], user[1]), new SessionAWSCredentials(session[0], session[1], session[2]) })
        {
            using SignedRestClient client = Client(moto.Address, good, "securityhub");
            using JsonDocument answer = JsonDocument.Parse(await client.PostAsync("securityhub:GetFindings", "/findings", Body, default));
            Assert.Equal(0, answer.RootElement.GetProperty("Findings").GetArrayLength());
            AwsServiceException denied = await Assert.ThrowsAsync<AwsServiceException>(() => client.PostAsync("securityhub:BatchImportFindings", "/findings/import", Body, default));
            Assert.Equal("BW2281", denied.Code);
            Assert.Contains("not authorized to perform: securityhub:BatchImportFindings", denied.Message, StringComparison.Ordinal);
        }

        foreach (AWSCredentials bad in new AWSCredentials[]
        {
            new BasicAWSCredentials(user[0], user[1] + "x"), new BasicAWSCredentials("AKIAUNKNOWN", user[1]), new SessionAWSCredentials(session[0], session[1], session[2] + "x"),
        })
        {
            using SignedRestClient client = Client(moto.Address, bad, "securityhub");
            Assert.Equal("BW2283", await CodeAsync(client, "/findings"));
        }
    }

    [Fact]
    public async Task Failures_that_pass_are_waited_out()
    {
        await using ScriptedService service = await ScriptedService.StartAsync();
        service.Then(500, "").Then(503, "<html>").Then(429, """{"__type":"x.y#TooManyRequestsException"}""").Then((http, _) => { http.Abort(); return Task.CompletedTask; })
            .Then(400, """{"message":"slow down"}""", ("x-amzn-ErrorType", "ThrottlingException:http://internal.amazon.com/")).Then(200, "[1]");
        using SignedRestClient client = Client(service.Address);
        Assert.Equal("[1]", Encoding.UTF8.GetString(await client.PostAsync("a:B", "/x", Body, default)));
        Assert.All(service.Received, body => Assert.Equal(Body, body));
        Assert.All(service.Headers, h => Assert.Contains("/us-east-1/batch/aws4_request, SignedHeaders=", h.Authorization.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_stays_down_is_given_up_after_six_attempts()
    {
        await using ScriptedService service = await ScriptedService.StartAsync();
        for (int i = 0; i < 6; i++)
            service.Then(503, """{"message":"down."}""");
        using SignedRestClient client = Client(service.Address);
        AwsServiceException error = await Assert.ThrowsAsync<AwsServiceException>(() => client.PostAsync("a:B", "/x", Body, default));
        Assert.Equal(("BW2282", ErrorKind.Fault), (error.Code, error.Kind));
        Assert.Equal("a:B got no answer: status 503: down.", error.Message);
        Assert.Equal(6, service.Received.Count);
    }

    [Fact]
    public async Task A_service_that_is_slow_or_not_there_is_unavailable_and_one_that_the_caller_leaves_is_not()
    {
        ScriptedService service = await ScriptedService.StartAsync();
        for (int i = 0; i < 7; i++)
            service.Then((http, _) => Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using SignedRestClient client = Client(service.Address, limit: TimeSpan.FromMilliseconds(100));
        Assert.Equal("BW2282", await CodeAsync(client));
        using (CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(30)))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.PostAsync("a:B", "/x", Body, stop.Token));
        await service.DisposeAsync();
        Assert.Equal("BW2282", await CodeAsync(client));
    }

    [Theory]
    [InlineData(403, """{"Message":"no"}""", "AccessDeniedException", "BW2281")]
    [InlineData(403, """{"Message":"no"}""", "InvalidSignatureException", "BW2283")]
    [InlineData(400, """{"code":"ClientException","message":"no queue"}""", "", "BW2283")]
    [InlineData(403, "<E><Code>AccessDenied</Code><Message>no</Message></E>", "", "BW2281")]
    [InlineData(404, "not json", "", "BW2283")]
    [InlineData(400, "[]", "", "BW2283")]
    public async Task A_refusal_is_not_repeated(int status, string body, string type, string code)
    {
        await using ScriptedService service = await ScriptedService.StartAsync();
        service.Then(status, body, type.Length > 0 ? [("x-amzn-ErrorType", type)] : []);
        using SignedRestClient client = Client(service.Address);
        Assert.Equal(code, await CodeAsync(client));
        Assert.Single(service.Received);
    }

    internal static SignedRestClient Client(Uri address, AWSCredentials? credentials = null, string service = "batch", TimeSpan? limit = null) => new(
        new AwsClients
        {
            Credentials = credentials ?? new BasicAWSCredentials("AKIAIOSFODNN7EXAMPLE", "secret"),
            Endpoint = address,
            Region = "us-east-1",
            AttemptTimeout = limit ?? TimeSpan.FromSeconds(20),
        },
        service);

    private static async Task<string> CodeAsync(SignedRestClient client, string path = "/v1/describejobqueues") =>
        (await Assert.ThrowsAsync<AwsServiceException>(() => client.PostAsync("a:B", path, Body, default))).Code;
}
