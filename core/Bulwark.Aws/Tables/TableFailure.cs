using System.Net;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Bulwark.State;

namespace Bulwark.Aws.Tables;

/// <summary>
/// What DynamoDB and the way to it can answer, in the port's words.
/// <code>
/// ResourceNotFoundException                                      BW1102
/// AccessDeniedException and other 400s about who asks            BW1102, with the permission that is missing
/// ...ThroughputExceeded, RequestLimitExceeded, Throttling        BW1104, after the SDK's own attempts
/// anything else, no answer                                       BW1102
/// </code>
/// </summary>
internal static class TableFailure
{
    /// <summary>Translates an exception; null for one that is a mistake of ours.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="what">The table, for messages.</param>
    /// <param name="permission">The IAM action that the call needs.</param>
    public static StateException? Of(Exception error, string what, string permission) => error switch
    {
        ResourceNotFoundException => StateException.Unavailable(what, "there is no table of that name in this account and region", error),
        ProvisionedThroughputExceededException or RequestLimitExceededException => StateException.Busy(what, error),
        AmazonDynamoDBException { ErrorCode: "ThrottlingException" or "Throttling" } => StateException.Busy(what, error),
        AmazonDynamoDBException { ErrorCode: "AccessDeniedException" or "UnrecognizedClientException" or "InvalidSignatureException" or "ExpiredTokenException" } denied =>
            StateException.Unavailable(what, Why(denied, permission), error),
        AmazonDynamoDBException { StatusCode: HttpStatusCode.Forbidden } denied => StateException.Unavailable(what, Why(denied, permission), error),
        AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException =>
            StateException.Unavailable(what, error.Message.TrimEnd('.', ' '), error),
        _ => null,
    };

    private static string Why(AmazonDynamoDBException denied, string permission) =>
        denied.Message.Contains("not authorized to perform", StringComparison.Ordinal)
            ? denied.Message.TrimEnd('.', ' ')
            : $"this needs {permission} on it ({denied.ErrorCode}: {denied.Message.TrimEnd('.', ' ')})";
}
