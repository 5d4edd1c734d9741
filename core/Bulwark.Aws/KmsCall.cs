using System.Net;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using Bulwark.Keys;

namespace Bulwark.Aws;

/// <summary>Makes calls to KMS and says in Bulwark's words why one failed. The SDK has tried again before; nothing is retried here.</summary>
internal static class KmsCall
{
    private static readonly string[] Denied = ["AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized"];

    // What the SDK retries, and gave up on: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
    private static readonly string[] Passing =
        ["ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded", "RequestTimeout", "ServiceUnavailable", "KMSInternalException", "InternalFailure"];

    /// <summary>Makes one call.</summary>
    /// <param name="key">The key it is for.</param>
    /// <param name="permission">The IAM action that it needs, such as <c>kms:Decrypt</c>.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">The caller's own; the time-outs of the SDK are another matter.</param>
    /// <exception cref="KeyException">BW1203, BW1204, BW1207 to BW1210; BW1201 for a key of another usage.</exception>
    public static async Task<T> MakeAsync<T>(KmsKeyName key, string permission, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error) when (Explain(error, key, permission) is { } explained)
        {
            throw explained;
        }
    }

    private static KeyException? Explain(Exception error, KmsKeyName key, string permission) => error switch
    {
        InvalidCiphertextException or IncorrectKeyException => KeyException.CannotUnwrap(key.Uri, error),
        NotFoundException => KeyException.NotFound(key.Uri, error),
        DisabledException => KeyException.Disabled(key.Uri, "it is disabled", error),
        KMSInvalidStateException => KeyException.Disabled(key.Uri, Sentence(error), error),
        InvalidKeyUsageException => KeyException.Malformed($"The key {key.Uri}", $"it is not for this use ({Sentence(error)})", error),
        KeyUnavailableException or DependencyTimeoutException or KMSInternalException or LimitExceededException => KeyException.Unavailable(key.Uri, Sentence(error), error),
        AmazonServiceException service when IsDenied(service) => KeyException.NotPermitted(key.Uri, permission, error),
        AmazonServiceException service when IsPassing(service) => KeyException.Unavailable(key.Uri, Sentence(error), error),
        AmazonServiceException { ErrorCode.Length: > 0 } service => KeyException.UnexpectedAnswer(key.Uri, $"{service.ErrorCode}: {Sentence(error)}", error),
        AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException => KeyException.Unavailable(key.Uri, Sentence(error), error),
        _ => null,
    };

    // Credentials that were revoked or have expired are refused with 403 under other codes; those are not a missing permission.
    private static bool IsDenied(AmazonServiceException error) => Denied.Contains(error.ErrorCode, StringComparer.Ordinal);

    private static bool IsPassing(AmazonServiceException error) =>
        (int)error.StatusCode >= 500 || error.StatusCode == HttpStatusCode.TooManyRequests || error.Retryable is not null || Passing.Contains(error.ErrorCode, StringComparer.Ordinal);

    private static string Sentence(Exception error) => string.IsNullOrWhiteSpace(error.Message) ? error.GetType().Name : error.Message.Trim().TrimEnd('.');
}
