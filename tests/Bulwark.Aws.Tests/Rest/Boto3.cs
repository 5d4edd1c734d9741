using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Rest;

/// <summary>Sets an account up with AWS's own Python library, several calls in one start. Use with [ProgramFact("moto_server")], whose Python has it.</summary>
internal static class Boto3
{
    private const string Prelude = """
        import json, sys, boto3
        def client(service):
            return boto3.client(service, endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='AKIAIOSFODNN7EXAMPLE', aws_secret_access_key='secret')

        """;

    /// <summary>Runs a script that finds <c>client(service)</c>; returns what it printed.</summary>
    public static string Run(Uri endpoint, string script) => Shell.Run("python3", "-c", Prelude + script, endpoint.AbsoluteUri).Trim();
}
