namespace Bulwark.CloudDoubles.S3;

/// <summary>An error that S3 would answer.</summary>
internal sealed class S3Error(int status, string code, string message) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    /// <summary>Headers of the answer.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    public static S3Error NoSuchKey() => new(404, "NoSuchKey", "The specified key does not exist.");

    public static S3Error NoSuchVersion() => new(404, "NoSuchVersion", "The specified version does not exist.");

    public static S3Error NoSuchBucket() => new(404, "NoSuchBucket", "The specified bucket does not exist");

    public static S3Error NoSuchUpload() => new(404, "NoSuchUpload", "The specified upload does not exist. It may have been aborted or completed.");

    public static S3Error PreconditionFailed() => new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");

    public static S3Error BadDigest() => new(400, "BadDigest", "The checksum you specified did not match what we received.");

    public static S3Error InvalidRequest(string why) => new(400, "InvalidRequest", why);

    public static S3Error NotImplemented(string what) => new(501, "NotImplemented", $"The double does not know {what}.");
}
