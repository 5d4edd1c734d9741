namespace Bulwark.Aws;

/// <summary>Bulwark's place in an AWS account is not described well enough. Codes BW2301 to BW2399.</summary>
public sealed class AwsException : BulwarkException
{
    private AwsException(string code, string message, string remedy, Exception? inner = null)
        : base(code, ErrorKind.Fault, message, remedy, inner)
    {
    }

    /// <summary>BW2301: a setting that must be there is not.</summary>
    public static AwsException MissingSetting(string variable) =>
        new("BW2301", $"The environment variable {variable} is not set.", "Set it to the value among the outputs of the stack; docs/aws.md shows how.");

    /// <summary>BW2302: a setting that cannot be used.</summary>
    public static AwsException BadSetting(string variable, string why, Exception? inner = null) =>
        new("BW2302", $"The environment variable {variable} cannot be used: {why}.", "Take the value from the outputs of the stack; docs/aws.md shows how.", inner);
}
