using System.IO.Compression;
using System.Text.Json.Nodes;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>Creates the stack in moto's CloudFormation.</summary>
public sealed class TemplateCreationTests : IAsyncLifetime
{
    private MotoServer? _moto;

    // moto 5.2.1 leaves these out, without a word but in its log.
    private static readonly string[] NotInMoto =
    [
        "AWS::CloudWatch::Alarm", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Url", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy",
    ];

    /// <inheritdoc />
    public async Task InitializeAsync() => _moto = await MotoServer.StartAsync();

    /// <inheritdoc />
    public Task DisposeAsync()
    {
        _moto?.Dispose();
        return Task.CompletedTask;
    }

    [ProgramFact("moto_server")]
    public void The_stack_is_created_completely_with_the_defaults() => Create(new Dictionary<string, string>());

    [ProgramFact("moto_server")]
    public void The_stack_is_created_completely_with_everything_switched_on() => Create(TranslatedTemplate.Everything);

    private void Create(IReadOnlyDictionary<string, string> wanted)
    {
        AwsCommandLine aws = new(_moto!.Address);
        UploadCode(aws);
        Dictionary<string, string> values = new(wanted);
        if (wanted.ContainsKey("ProtectSubnets"))
        {
            string[] subnet = aws.Run("ec2", "describe-subnets", "--query", "Subnets[0].[SubnetId,VpcId]", "--output", "text").Split('\t');
            (values["ProtectSubnets"], values["ProtectVpc"]) = (subnet[0], subnet[1]);
        }

        JsonObject template = TranslatedTemplate.Load().Decide(values);
        string[] leftOut = [.. template["Resources"]!.AsObject().Where(r => NotInMoto.Contains(r.Value!["Type"]!.GetValue<string>())).Select(r => r.Key)];
        AdaptToMoto(template);
        string[] expected = [.. template["Resources"]!.AsObject().Select(r => r.Key).Except(leftOut).Order(StringComparer.Ordinal)];

        using TemporaryFile file = new(template.ToJsonString());
        aws.Run(
            ["cloudformation", "create-stack", "--stack-name", "bulwark", "--template-body", $"file://{file.Path}", "--capabilities", "CAPABILITY_IAM",
                "--parameters", .. values.Select(v => $"ParameterKey={v.Key},ParameterValue={v.Value.Replace(",", "\\,", StringComparison.Ordinal)}")]);

        JsonArray resources = JsonNode.Parse(aws.Run("cloudformation", "list-stack-resources", "--stack-name", "bulwark", "--output", "json"))!["StackResourceSummaries"]!.AsArray();
        string[] created = [.. resources.Select(r => r!["LogicalResourceId"]!.GetValue<string>()).Where(id => id != "").Order(StringComparer.Ordinal)];
        Assert.Equal(expected, created);
        // What it leaves out it lists without a name.
        Assert.Equal(leftOut.Length, resources.Count - created.Length);
        Assert.All(resources, r => Assert.Equal("CREATE_COMPLETE", r!["ResourceStatus"]!.GetValue<string>()));
    }

    // What moto cannot do, though CloudFormation can.
    private static void AdaptToMoto(JsonObject template)
    {
        // An output about a resource that it left out stops it.
        JsonObject outputs = template["Outputs"]!.AsObject();
        foreach (string name in outputs.Where(o => o.Value!["Value"]!["Fn::GetAtt"]?[1]?.GetValue<string>() == "FunctionUrl").Select(o => o.Key).ToList())
            outputs.Remove(name);
        // It insists on a role, one that exists, where AWS takes its own.
        if (template["Resources"]!["ProtectJobs"] is { } jobs)
            jobs["Properties"]!["ServiceRole"] = JsonNode.Parse("""{"Fn::GetAtt": ["ProtectJobRole", "Arn"]}""");
    }

    private static void UploadCode(AwsCommandLine aws)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        using (Stream entry = zip.CreateEntry("bootstrap").Open())
            entry.Write("#!/bin/sh\n"u8);
        using TemporaryFile file = new(bytes.ToArray());
        aws.Run("s3api", "create-bucket", "--bucket", "code");
        aws.Run("s3api", "put-object", "--bucket", "code", "--key", "bootstrap.zip", "--body", file.Path);
    }

    private sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(string text) => File.WriteAllText(Path, text);

        public TemporaryFile(byte[] bytes) => File.WriteAllBytes(Path, bytes);

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
