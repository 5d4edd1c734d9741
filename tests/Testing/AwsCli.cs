namespace Bulwark.Testing;

/// <summary>The AWS command line, as a client that is not ours. Use with [ProgramFact("aws")].</summary>
/// <param name="endpoint">The service's address.</param>
/// <param name="accessKeyId">Who asks.</param>
/// <param name="secretKey">Their secret.</param>
public sealed class AwsCli(Uri endpoint, string accessKeyId = "AKIAIOSFODNN7EXAMPLE", string secretKey = "secret")
{
    /// <summary>Runs a command and returns what it printed; a failure is an <see cref="InvalidOperationException"/> with its words.</summary>
    /// <param name="arguments">Service, operation and options.</param>
    public string Run(params string[] arguments) => Shell.Run(
        "env",
        [
            "AWS_ACCESS_KEY_ID=" + accessKeyId, "AWS_SECRET_ACCESS_KEY=" + secretKey, "AWS_DEFAULT_REGION=us-east-1", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=",
            "AWS_EC2_METADATA_DISABLED=true", "aws", "--endpoint-url", endpoint.AbsoluteUri, "--output", "json", .. arguments,
        ]);

    /// <summary>Runs a command and returns one value of its answer, picked by a JMESPath query.</summary>
    public string Query(string query, params string[] arguments) => Run([.. arguments, "--query", query, "--output", "text"]).TrimEnd('\n');
}
