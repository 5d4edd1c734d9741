using System.Runtime.InteropServices;
using Bulwark.Aws;
using Bulwark.Functions.Aws.Runtime;
using Bulwark.Functions.Aws.Settings;
using Bulwark.Functions.Events;
using Bulwark.Functions.Hosting;
using Bulwark.Functions.Logging;
using Microsoft.Extensions.Logging;

namespace Bulwark.Functions.Aws;

/// <summary>Connects the functions to AWS, when the first event comes.</summary>
/// <param name="settings">Where the parts are.</param>
/// <param name="host">What the host has read and made before.</param>
/// <param name="cancellationToken">Stops the connecting.</param>
internal delegate Task<FunctionServices> Connect(AwsSettings settings, HostSettings host, CancellationToken cancellationToken);

/// <summary>What a host has read and made before it connects.</summary>
/// <param name="Function">The function that will run.</param>
/// <param name="Functions">What the operator decides.</param>
/// <param name="Jobs">Queue and definition of the jobs for large models; null where there is no queue.</param>
/// <param name="Logger">The log.</param>
internal sealed record HostSettings(string Function, FunctionSettings Functions, (string Queue, string Definition)? Jobs, ILogger Logger);

/// <summary>The program: on Lambda the loop of the function that <c>_HANDLER</c> names; with arguments a job.</summary>
/// <param name="environment">The settings.</param>
/// <param name="output">Where the log goes.</param>
/// <param name="connect">Connects to AWS.</param>
internal sealed class AwsHost(FunctionEnvironment environment, Stream output, Connect connect)
{
    private const string ApiVariable = "AWS_LAMBDA_RUNTIME_API";
    private const string HandlerVariable = "_HANDLER";

    /// <summary>Runs the program.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            stop.Cancel();
        });
        JsonLineLogger logger = new(output, TimeProvider.System);
        try
        {
            logger = new(output, TimeProvider.System, environment.LogLevel(), new EmbeddedMetrics(environment.MetricsNamespace(), TimeProvider.System).Write);
            return arguments is ["protect", .. string[] rest] ? await RunJobAsync(rest, logger, stop.Token) : await ServeAsync(logger, stop.Token);
        }
        catch (BulwarkException error)
        {
            logger.CannotGoOn(error);
            return ProtectJob.Failed;
        }
    }

    private async Task<int> ServeAsync(ILogger logger, CancellationToken stop)
    {
        using RuntimeApi api = new(environment.Required(ApiVariable));
        LambdaLoop loop;
        try
        {
            FunctionDefinition function = FunctionCatalogue.Find(environment.Required(HandlerVariable));
            // Read before the first event, so that a deployment that lacks one fails at once.
            (AwsSettings aws, HostSettings host) = (environment.Aws(), Host(function, logger));
            loop = new LambdaLoop(api, function, Runner(function, aws, host));
        }
        catch (BulwarkException error)
        {
            logger.CannotGoOn(error);
            await api.FailInitAsync(error, stop);
            return 1;
        }

        await loop.RunAsync(stop);
        return 0;
    }

    private async Task<int> RunJobAsync(string[] arguments, ILogger logger, CancellationToken stop)
    {
        ObjectUploaded source = ProtectJob.Parse(arguments, environment);
        FunctionDefinition function = FunctionCatalogue.Find(nameof(ProtectModel));
        HostSettings host = Host(function, logger);
        // A job is where large models are handed to.
        host = host with { Functions = host.Functions with { HandOverBytes = long.MaxValue }, Jobs = null };
        FunctionContext context = new()
        {
            InvocationId = environment.Optional("AWS_BATCH_JOB_ID") ?? Guid.CreateVersion7().ToString(),
            Function = function.Name,
            Deadline = DateTimeOffset.MaxValue,
        };
        int code = ProtectJob.Failed;
        try
        {
            await Runner(function, environment.Aws(), host).RunAsync(
                () => [source],
                context,
                (answer, _) =>
                {
                    code = ProtectJob.ExitCodeOf(answer);
                    return Task.CompletedTask;
                },
                stop);
        }
        catch (BulwarkException)
        {
            // Logged by the runner. Not the code of a refusal, which is never tried again and alarms nobody: a refusal is an answer.
            return ProtectJob.Failed;
        }

        return code;
    }

    private HostSettings Host(FunctionDefinition function, ILogger logger) => new(function.Name, environment.Functions(), environment.Jobs(), logger);

    private FunctionRunner Runner(FunctionDefinition function, AwsSettings aws, HostSettings host) =>
        new(function, async cancellationToken => await connect(aws, host, cancellationToken) with { IsVersion = S3ObjectStore.IsSameVersion },
            host.Logger, TimeProvider.System, host.Functions.DeadlineMargin);
}
