namespace Bulwark.CloudDoubles.Kms;

/// <summary>An error as KMS answers it.</summary>
internal sealed class KmsFault(string type, string message, int status = 400) : Exception(message)
{
    public string Type { get; } = type;

    public int Status { get; } = status;

    public static KmsFault Validation(string message) => new("ValidationException", message);

    public static KmsFault NotFound(string message) => new("NotFoundException", message);

    public static KmsFault InvalidCiphertext() => new("InvalidCiphertextException", "");

    public static KmsFault IncorrectKey() =>
        new("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.");

    public static KmsFault WrongUsage(KmsKey key, string operation) =>
        new("InvalidKeyUsageException", $"{key.Arn} key usage is {key.Usage} which is not valid for {operation}.");

    public static KmsFault Incompatible(string algorithm, KmsKey key) =>
        new("InvalidKeyUsageException", $"Algorithm {algorithm} and key spec {key.Spec} are incompatible with each other.");
}
