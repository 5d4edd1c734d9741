using Bulwark.Functions.Answers;
using Bulwark.Functions.Aws.Events;
using Bulwark.Functions.Hosting;

namespace Bulwark.Functions.Aws.Runtime;

/// <summary>Asks for invocations, and serves them one by one, until the process is told to end.</summary>
/// <param name="api">Lambda.</param>
/// <param name="function">The function.</param>
/// <param name="runner">Runs it.</param>
internal sealed class LambdaLoop(RuntimeApi api, FunctionDefinition function, FunctionRunner runner)
{
    private const string TraceVariable = "_X_AMZN_TRACE_ID";

    /// <summary>Serves. An invocation that fails is reported, and the next one comes.</summary>
    /// <param name="stop">Ends the waiting; an invocation under way is finished first.</param>
    /// <exception cref="FunctionException">BW2212: Lambda's interface is broken, and so is this sandbox.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            LambdaInvocation invocation;
            try
            {
                invocation = await api.NextAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            await ServeAsync(invocation);
        }
    }

    private async Task ServeAsync(LambdaInvocation invocation)
    {
        // Where AWS's own libraries look for it.
        Environment.SetEnvironmentVariable(TraceVariable, invocation.Trace);
        FunctionContext context = new()
        {
            InvocationId = invocation.RequestId,
            Function = function.Name,
            Deadline = invocation.Deadline,
            TraceParent = XRayTrace.ToTraceParent(invocation.Trace),
        };
        bool begun = false;
        try
        {
            await runner.RunAsync(() => LambdaEvents.Decode(invocation.Body), context, DeliverAsync, CancellationToken.None);
        }
        catch (BulwarkException error) when (!begun)
        {
            await api.FailAsync(invocation.RequestId, error, CancellationToken.None);
        }
        catch (BulwarkException)
        {
            // Told in the trailers; and logged, as every failure.
        }

        Task DeliverAsync(FunctionAnswer answer, CancellationToken cancellationToken) => answer switch
        {
            HttpResponse response when function.StreamsAnswers => StreamAsync(response, cancellationToken),
            HttpResponse response => api.RespondAsync(invocation.RequestId, function.Name, HttpEvents.Encode(response), CancellationToken.None),
            _ => api.RespondAsync(invocation.RequestId, function.Name, answer.ToJson(), CancellationToken.None),
        };

        async Task StreamAsync(HttpResponse response, CancellationToken cancellationToken)
        {
            await using StreamedAnswer body = await StreamedAnswer.BeginAsync(api.Address, invocation.RequestId, cancellationToken);
            begun = true;
            try
            {
                await body.WriteAsync(HttpEvents.EncodePrelude(response), cancellationToken);
                if (response.Body is { } write)
                    await write(body, cancellationToken);
                else
                    await body.WriteAsync(response.Content, cancellationToken);
            }
            catch (Exception error)
            {
                BulwarkException known = error switch
                {
                    BulwarkException expected => expected,
                    OperationCanceledException => FunctionException.DeadlineReached(function.Name, invocation.Deadline, error),
                    _ => FunctionException.Unforeseen(function.Name, error),
                };
                await body.EndAsync(known, CancellationToken.None);
                throw known;
            }

            await body.EndAsync(error: null, CancellationToken.None);
        }
    }
}
