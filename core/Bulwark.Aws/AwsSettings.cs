namespace Bulwark.Aws;

/// <summary>
/// Where Bulwark's parts are in an AWS account. The functions read it from their environment, which <c>template.yaml</c> fills in;
/// the command line reads the same variables.
/// </summary>
/// <remarks>
/// <code>
/// BULWARK_PROTECTED_BUCKET    bucket for protected models                                      required
/// BULWARK_QUARANTINE_BUCKET   bucket for refused ones                                          required
/// BULWARK_AUDIT_BUCKET        bucket that holds the audit log and nothing else                 required
/// BULWARK_STATE_TABLE         DynamoDB table                                                   required
/// BULWARK_WRAPPING_KEY        ARN of the symmetric KMS key that wraps data keys and secrets    required
/// BULWARK_SIGNING_KEY         ARN of the KMS key that signs (ECC_NIST_P256 or P384)            required
/// BULWARK_POST_QUANTUM_KEY    ARN of a KMS key for second signatures (ML_DSA_65)               optional
/// BULWARK_TRUSTED_KEYS        PEM public keys whose signatures are trusted too, one after the other   optional
/// BULWARK_LOG_ORIGIN          name of the audit log, such as bulwark.example/production        required
/// BULWARK_SECURITY_HUB        'true' sends findings to Security Hub as well                    optional
/// AWS_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 ... and the credentials: as every AWS tool reads them
/// </code>
/// </remarks>
public sealed record AwsSettings
{
    /// <summary>Bucket for protected models.</summary>
    public required string ProtectedBucket { get; init; }

    /// <summary>Bucket for copies of refused models.</summary>
    public required string QuarantineBucket { get; init; }

    /// <summary>Bucket of the audit log.</summary>
    public required string AuditBucket { get; init; }

    /// <summary>DynamoDB table of the state store.</summary>
    public required string StateTable { get; init; }

    /// <summary>ARN of the KMS key that wraps data keys, and the secrets that Bulwark keeps in the state store.</summary>
    public required string WrappingKey { get; init; }

    /// <summary>ARN of the KMS key that signs models and claims.</summary>
    public required string SigningKey { get; init; }

    /// <summary>ARN of the KMS key for second signatures; null for none.</summary>
    public string? PostQuantumKey { get; init; }

    /// <summary>Further public keys whose signatures are trusted, as PEM, one after the other; null for none.</summary>
    public string? TrustedKeys { get; init; }

    /// <summary>The audit log's name.</summary>
    public required string LogOrigin { get; init; }

    /// <summary>Whether findings go to Security Hub as well as to the state store.</summary>
    public bool SecurityHub { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <param name="variable">Gives the value of an environment variable, or null: <see cref="Environment.GetEnvironmentVariable(string)"/>.</param>
    /// <exception cref="AwsException">BW2301 one is missing, BW2302 one cannot be used.</exception>
    public static AwsSettings FromEnvironment(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return new AwsSettings
        {
            ProtectedBucket = Required("BULWARK_PROTECTED_BUCKET"),
            QuarantineBucket = Required("BULWARK_QUARANTINE_BUCKET"),
            AuditBucket = Required("BULWARK_AUDIT_BUCKET"),
            StateTable = Required("BULWARK_STATE_TABLE"),
            WrappingKey = Required("BULWARK_WRAPPING_KEY"),
            SigningKey = Required("BULWARK_SIGNING_KEY"),
            PostQuantumKey = Optional("BULWARK_POST_QUANTUM_KEY"),
            TrustedKeys = Optional("BULWARK_TRUSTED_KEYS"),
            LogOrigin = Required("BULWARK_LOG_ORIGIN"),
            SecurityHub = Optional("BULWARK_SECURITY_HUB") switch
            {
                null or "false" => false,
                "true" => true,
                string other => throw AwsException.BadSetting("BULWARK_SECURITY_HUB", $"'{other}' is neither 'true' nor 'false'"),
            },
        };

        string? Optional(string name) => variable(name) is { Length: > 0 } value ? value : null;
        string Required(string name) => Optional(name) ?? throw AwsException.MissingSetting(name);
    }
}
