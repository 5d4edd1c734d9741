using System.Security.Cryptography;
using System.Text;
using Bulwark.Aws;
using Bulwark.Storage;

namespace Bulwark.Functions.Aws;

/// <summary>Hands large models to AWS Batch, which runs this same program as a job (see <see cref="Settings.ProtectJob"/>).</summary>
/// <param name="batch">Calls to the service <c>batch</c>.</param>
/// <param name="queue">The job queue.</param>
/// <param name="definition">The job definition.</param>
internal sealed class BatchModelJobs(SignedRestClient batch, string queue, string definition) : ILargeModelJobs
{
    private const int NameDigits = 32;

    private readonly BatchJobs _jobs = new(batch);

    /// <inheritdoc />
    public Task<string> SubmitAsync(ObjectRef source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        // Keys have characters that a job's name may not have; the environment names the object.
        string name = $"protect-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{source.Version}")))[..NameDigits]}";
        return _jobs.SubmitAsync(
            new BatchJob
            {
                Name = name,
                Queue = queue,
                Definition = definition,
                Environment = new Dictionary<string, string> { ["BULWARK_JOB_SOURCE"] = source.ToString(), ["BULWARK_JOB_VERSION"] = source.Version },
            },
            cancellationToken);
    }
}
