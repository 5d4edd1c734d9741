namespace Bulwark.CloudDoubles.Kms;

/// <summary>What a policy decides on: who asks KMS for what.</summary>
/// <param name="AccessKeyId">The caller's access key id, out of the request's signature.</param>
/// <param name="Action">The IAM action, such as <c>kms:Decrypt</c>.</param>
/// <param name="KeyArn">The key; null for actions on no key in particular, such as <c>kms:CreateKey</c>.</param>
/// <param name="EncryptionContext">The encryption context; empty where there is none.</param>
/// <param name="HasRecipient">Whether an attestation document came with the request.</param>
/// <param name="SigningAlgorithm">Condition key <c>kms:SigningAlgorithm</c>; null where the request has none.</param>
/// <param name="MessageType">Condition key <c>kms:MessageType</c>; null where the request has none.</param>
public sealed record KmsAccess(
    string AccessKeyId, string Action, string? KeyArn, IReadOnlyDictionary<string, string> EncryptionContext, bool HasRecipient, string? SigningAlgorithm, string? MessageType);
