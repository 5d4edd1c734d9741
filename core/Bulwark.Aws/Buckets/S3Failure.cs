using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Bulwark.Storage;

namespace Bulwark.Aws.Buckets;

/// <summary>
/// What the service and the way to it can answer, in the port's words.
/// <code>
/// NoSuchBucket, NoSuchKey, NoSuchVersion, 404    BW1001
/// 403, KMS.*, InvalidObjectState                 BW1007, with the permission or the key that is missing
/// 412, 409 ConditionalRequestConflict            BW1005
/// EntityTooLarge                                 BW1010
/// SlowDown, 5xx, time limits, broken lines       BW1009, after the SDK's own attempts
/// </code>
/// </summary>
internal static class S3Failure
{
    /// <summary>Translates an exception; null for one that is a mistake of ours.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="what">The object or bucket.</param>
    /// <param name="permission">The IAM actions that the call needs.</param>
    public static StorageException? Of(Exception error, string what, string permission) => error switch
    {
        AmazonS3Exception service => Of(service, what, permission),
        AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException =>
            StorageException.Failed(what, error),
        _ => null,
    };

    /// <summary>Whether the object is not there.</summary>
    public static bool IsMissing(AmazonS3Exception error) => error.StatusCode == HttpStatusCode.NotFound && error.ErrorCode != "NoSuchBucket";

    /// <summary>Whether a condition did not hold.</summary>
    public static bool IsConditionFailed(AmazonS3Exception error) => error.StatusCode == HttpStatusCode.PreconditionFailed;

    /// <summary>Whether two conditional writes met, so that neither was judged.</summary>
    public static bool IsRace(AmazonS3Exception error) =>
        error is { StatusCode: HttpStatusCode.Conflict, ErrorCode: "ConditionalRequestConflict" or "OperationAborted" };

    /// <summary>Whether the write may have happened although its answer was this.</summary>
    public static bool LeavesDoubt(Exception error) => error is not AmazonS3Exception service
        || service.StatusCode >= HttpStatusCode.InternalServerError || IsMissing(service) || IsConditionFailed(service) || IsRace(service);

    private static StorageException Of(AmazonS3Exception error, string what, string permission)
    {
        if (error.ErrorCode is { } code && code.StartsWith("KMS.", StringComparison.Ordinal))
            return StorageException.AccessDenied(what, $"the KMS key it is encrypted with cannot be used ({code}: {Sentence(error)})", error);
        return error.ErrorCode switch
        {
            "NoSuchBucket" => StorageException.NotFound($"The bucket of {what}"),
            "EntityTooLarge" => StorageException.TooLarge(what, PartPlan.MaxObjectInWords),
            "InvalidObjectState" => StorageException.AccessDenied(what, "it is archived and must be restored first", error),
            _ when error.StatusCode == HttpStatusCode.Forbidden => StorageException.AccessDenied(what, WhyForbidden(error, permission), error),
            _ when IsMissing(error) => StorageException.NotFound(what),
            _ when IsConditionFailed(error) || IsRace(error) => StorageException.Conflict(what),
            _ => StorageException.Failed(what, error),
        };
    }

    // An answer to HEAD has no words, and 'Access Denied' has none that help.
    private static string WhyForbidden(AmazonS3Exception error, string permission) => error switch
    {
        { Message: { } message } when message.Contains("not authorized to perform", StringComparison.Ordinal) =>
            message.Contains("kms:", StringComparison.Ordinal) ? $"the KMS key it is encrypted with cannot be used ({Sentence(error)})" : Sentence(error),
        { ErrorCode: "AccessDenied" or "Forbidden" or "AllAccessDisabled" } => $"this needs {permission}, and the bucket's owner and policy to agree",
        _ => $"{error.ErrorCode}: {Sentence(error)}",
    };

    private static string Sentence(AmazonS3Exception error) => error.Message.TrimEnd('.', ' ');
}
