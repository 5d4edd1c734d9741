using Bulwark.Storage;

namespace Bulwark.Functions;

/// <summary>A port to a queue of jobs that run this same program without a function's deadline.</summary>
public interface ILargeModelJobs
{
    /// <summary>
    /// Asks for one version of a model to be protected. It may be asked twice when a worker dies between asking and noting it down;
    /// the second job then finds the work done, or claimed, and does nothing.
    /// </summary>
    /// <param name="source">The version.</param>
    /// <param name="cancellationToken">Stops the asking.</param>
    /// <returns>The queue's id of the job.</returns>
    Task<string> SubmitAsync(ObjectRef source, CancellationToken cancellationToken);
}
