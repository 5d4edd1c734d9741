using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Rest;

/// <summary>
/// Holds a request's body to the service model that botocore, and so the AWS command line and boto3, work from: required members,
/// types, lengths, and members that do not exist. Use with [ProgramFact("moto_server")], whose Python has botocore.
/// </summary>
internal static class BotocoreModel
{
    private const string Script = """
        import json, sys
        import botocore.session, botocore.validate
        service, operation, path = sys.argv[1:]
        model = botocore.session.Session().get_service_model(service).operation_model(operation)
        with open(path, 'rb') as file:
            report = botocore.validate.ParamValidator().validate(json.load(file), model.input_shape)
        print(model.http['method'], model.http['requestUri'])
        sys.exit(report.generate_report() if report.has_errors() else 0)
        """;

    /// <summary>Fails with botocore's words when the body does not fit; returns the method and path of the operation.</summary>
    public static string Validate(string service, string operation, byte[] body)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, body);
            return Shell.Run("python3", "-c", Script, service, operation, path).Trim();
        }
        finally
        {
            File.Delete(path);
        }
    }
}
