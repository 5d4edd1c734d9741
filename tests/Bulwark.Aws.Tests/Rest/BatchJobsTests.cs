using System.Text.Json;
using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Rest;

public sealed class BatchJobsTests
{
    private static readonly BatchJob Job = new()
    {
        Name = "protect-1",
        Queue = "bulwark",
        Definition = "bulwark-protect",
        Environment = new Dictionary<string, string> { ["BULWARK_EVENT"] = """{"name":"a b"}""" },
        Parameters = new Dictionary<string, string> { ["size"] = "42" },
        Timeout = TimeSpan.FromHours(4),
    };

    [ProgramFact("moto_server")]
    public void The_request_fits_the_service_s_model()
    {
        Assert.Equal("POST /v1/submitjob", BotocoreModel.Validate("batch", "SubmitJob", BatchJobs.Request(Job)));
        BatchJob small = new() { Name = "a", Queue = "q", Definition = "d:1" };
        Assert.Equal("""{"jobName":"a","jobQueue":"q","jobDefinition":"d:1"}""", System.Text.Encoding.UTF8.GetString(BatchJobs.Request(small)));
    }

    [ProgramFact("moto_server")]
    public async Task A_submitted_job_is_in_the_queue_with_its_settings()
    {
        using MotoServer moto = await MotoServer.StartAsync();
        Boto3.Run(moto.Address, """
            role = client('iam').create_role(RoleName='batch', AssumeRolePolicyDocument='{}')['Role']['Arn']
            batch = client('batch')
            place = batch.create_compute_environment(computeEnvironmentName='bulwark', type='UNMANAGED', state='ENABLED', serviceRole=role)['computeEnvironmentArn']
            batch.create_job_queue(jobQueueName='bulwark', state='ENABLED', priority=1, computeEnvironmentOrder=[{'order': 1, 'computeEnvironment': place}])
            batch.register_job_definition(jobDefinitionName='bulwark-protect', type='container', containerProperties={'image': 'busybox', 'vcpus': 1, 'memory': 128, 'command': ['true']})
            """);
        using SignedRestClient rest = SignedRestClientTests.Client(moto.Address);
        BatchJobs jobs = new(rest);
        string id = await jobs.SubmitAsync(Job, default);
        using JsonDocument read = JsonDocument.Parse(Boto3.Run(moto.Address, $"print(json.dumps(client('batch').describe_jobs(jobs=['{id}']), default=str))"));
        JsonElement job = read.RootElement.GetProperty("jobs")[0];
        Assert.Equal("protect-1", job.GetProperty("jobName").GetString());
        Assert.Equal(14400, job.GetProperty("timeout").GetProperty("attemptDurationSeconds").GetInt32());
        Assert.Contains(job.GetProperty("container").GetProperty("environment").EnumerateArray(), v => v.GetProperty("value").GetString() == """{"name":"a b"}""");

        AwsServiceException error = await Assert.ThrowsAsync<AwsServiceException>(() => jobs.SubmitAsync(Job with { Queue = "none" }, default));
        Assert.Equal("BW2283", error.Code);
        Assert.Contains("none", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_Batch_does_not_allow_is_not_sent_and_an_answer_without_an_id_is_an_error()
    {
        await using ScriptedService service = await ScriptedService.StartAsync();
        using SignedRestClient rest = SignedRestClientTests.Client(service.Address);
        BatchJobs jobs = new(rest);
        foreach (BatchJob bad in new[]
        {
            Job with { Name = "" }, Job with { Name = "-a" }, Job with { Name = "a b" }, Job with { Name = new string('a', 129) }, Job with { Timeout = TimeSpan.FromSeconds(59) },
            Job with { Environment = new Dictionary<string, string> { ["AWS_BATCH_JOB_ID"] = "1" } },
        })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => jobs.SubmitAsync(bad, default));
        }

        Assert.Empty(service.Received);
        foreach (string answer in new[] { "", "[]", "{}", """{"jobId":""}""", """{"jobId":7}""" })
        {
            service.Then(200, answer);
            Assert.Equal("BW2283", (await Assert.ThrowsAsync<AwsServiceException>(() => jobs.SubmitAsync(Job, default))).Code);
        }
    }
}
