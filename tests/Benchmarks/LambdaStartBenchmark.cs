using System.Diagnostics;
using System.Globalization;
using Bulwark.CloudDoubles.Lambda;

namespace Bulwark.Benchmarks;

/// <summary>
/// From the start of the AWS functions' program to its first question for an event, and to its first answer, beside a ReadyToRun build of
/// the same code: <c>make build-ProtectModel ARTIFACTS_DIR=out/aws</c> and <c>make readytorun</c> make them.
/// </summary>
internal static class LambdaStartBenchmark
{
    private const int Rounds = 15;
    private const string Event = """{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-01-01T00:00:00Z","Bucket":"b"}""";

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["_HANDLER"] = "ProtectModel",
        ["BULWARK_PROTECTED_BUCKET"] = "protected",
        ["BULWARK_QUARANTINE_BUCKET"] = "quarantine",
        ["BULWARK_AUDIT_BUCKET"] = "audit",
        ["BULWARK_STATE_TABLE"] = "state",
        ["BULWARK_WRAPPING_KEY"] = "arn:aws:kms:us-east-1:123456789012:key/1",
        ["BULWARK_SIGNING_KEY"] = "arn:aws:kms:us-east-1:123456789012:key/2",
        ["BULWARK_LOG_ORIGIN"] = "bulwark.example/benchmark",
        ["AWS_REGION"] = "us-east-1",
    };

    /// <summary>Runs the benchmark.</summary>
    public static async Task RunAsync(string[] args)
    {
        string native = args.Length > 0 ? args[0] : "out/aws/bootstrap";
        string readyToRun = args.Length > 1 ? args[1] : "artifacts/aws-readytorun/bootstrap";
        Console.WriteLine($"{"",-12}{"to next",10}{"to answer",12}{"resident",12}{"program",12}{"zip -9",12}   medians of {Rounds}");
        Row? first = await MeasureAsync("native", native);
        Row? second = await MeasureAsync("ReadyToRun", readyToRun);
        if (first is { } a && second is { } b)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"ratio",-12}{b.Next / a.Next,10:0.0}{b.Answer / a.Answer,12:0.0}{b.Resident / a.Resident,12:0.0}"));
    }

    private static async Task<Row?> MeasureAsync(string name, string program)
    {
        if (!File.Exists(program))
        {
            Console.WriteLine($"{name,-12}{program} is not there; see the Makefile");
            return null;
        }

        List<Row> rows = [];
        // The first brings the program into the page cache.
        for (int i = -1; i < Rounds; i++)
        {
            Row row = await StartAsync(program);
            if (i >= 0)
                rows.Add(row);
        }

        Row median = new(Middle(r => r.Next), Middle(r => r.Answer), Middle(r => r.Resident));
        string zip = Path.GetTempFileName();
        File.Delete(zip);
        ChildProcess.Run("zip", "-9", "-q", "-j", zip + ".zip", program);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-12}{median.Next,7:0.0} ms{median.Answer,9:0.0} ms{median.Resident,8:0.0} MiB{new FileInfo(program).Length,12}{new FileInfo(zip + ".zip").Length,12}"));
        File.Delete(zip + ".zip");
        return median;

        double Middle(Func<Row, double> figure) => rows.Select(figure).Order().ElementAt(rows.Count / 2);
    }

    private static async Task<Row> StartAsync(string program)
    {
        await using LambdaRuntimeDouble lambda = await LambdaRuntimeDouble.StartAsync();
        // The server's own first request is not the program's fault.
        using (HttpClient client = new())
            await client.PostAsync(new Uri($"http://{lambda.Address}/2018-06-01/runtime/invocation/none/response"), content: null);
        Stopwatch watch = new();
        TaskCompletionSource<double> next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lambda.Asked = () => next.TrySetResult(watch.Elapsed.TotalMilliseconds);
        Task<LambdaCall> call = lambda.InvokeAsync(Event);
        watch.Start();
        using LambdaProcess process = LambdaProcess.Start(program, lambda.Address, Settings);
        LambdaCall answer = await call;
        double answered = watch.Elapsed.TotalMilliseconds;
        if (answer.Error is not null)
            throw new InvalidOperationException(answer.ErrorMessage);
        process.Process.Refresh();
        return new Row(await next.Task, answered, process.Process.WorkingSet64 / 1048576.0);
    }

    private readonly record struct Row(double Next, double Answer, double Resident);
}
