using System.Runtime.ExceptionServices;

namespace Bulwark.Findings;

/// <summary>Delivers findings to several sinks. Each is tried, whatever another does.</summary>
/// <param name="sinks">The sinks, in order.</param>
public sealed class FindingSinks(params IReadOnlyList<IFindingSink> sinks) : IFindingSink
{
    /// <inheritdoc />
    /// <remarks>When sinks fail, the first one's exception is thrown, so that it keeps its code and its remedy.</remarks>
    public async Task WriteAsync(IReadOnlyList<Finding> findings, CancellationToken cancellationToken)
    {
        ExceptionDispatchInfo? failure = null;
        foreach (IFindingSink sink in sinks)
        {
            try
            {
                await sink.WriteAsync(findings, cancellationToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                failure ??= ExceptionDispatchInfo.Capture(error);
            }
        }

        failure?.Throw();
    }
}
