namespace Bulwark.Aws;

/// <summary>An AWS service that is called by REST refused or failed. Codes BW2281 to BW2289.</summary>
public sealed class AwsServiceException : BulwarkException
{
    private AwsServiceException(string code, ErrorKind kind, string message, string remedy, Exception? inner = null)
        : base(code, kind, message, remedy, inner)
    {
    }

    /// <summary>BW2281: this identity lacks a permission.</summary>
    /// <param name="action">The IAM action, such as <c>batch:SubmitJob</c>.</param>
    /// <param name="why">What the service said.</param>
    public static AwsServiceException NotPermitted(string action, string why) =>
        new("BW2281", ErrorKind.Fault, $"This identity may not use {action}: {why}.", "Grant that action in the identity's policy, for the resource that the message names.");

    /// <summary>BW2282: the service cannot be reached, is overloaded, or fails, and trying again did not help.</summary>
    public static AwsServiceException Unavailable(string action, string why, Exception? inner = null) =>
        new("BW2282", ErrorKind.Fault, $"{action} got no answer: {why}.", "Try again later; if it persists, check the network, the region and the service's status.", inner);

    /// <summary>BW2283: the service does not take the request, or answers with something unexpected.</summary>
    public static AwsServiceException Rejected(string action, string why) =>
        new("BW2283", ErrorKind.Fault, $"{action} failed: {why}.", "Correct what the message names: the credentials, or the name or setting that the service does not take.");
}
