using System.Text.RegularExpressions;
using Bulwark.Keys;

namespace Bulwark.Aws;

/// <summary>The name of one KMS key: its ARN, and the URI under which Bulwark and Tink write it down.</summary>
/// <remarks>
/// Only key ARNs are taken. An alias can be pointed at another key, and a bare id means another key in another account, so what is
/// written down with a protected model would not name what wrapped it.
/// </remarks>
internal sealed partial record KmsKeyName
{
    private const string Scheme = "aws-kms://";

    private KmsKeyName(string arn) => Arn = arn;

    /// <summary><c>arn:aws:kms:REGION:ACCOUNT:key/ID</c>.</summary>
    public string Arn { get; }

    /// <summary><c>aws-kms://</c> and the ARN, as Tink writes it.</summary>
    public string Uri => Scheme + Arn;

    /// <summary>The partition in the ARN, such as <c>aws</c>.</summary>
    public string Partition => Arn.Split(':')[1];

    /// <summary>The region in the ARN.</summary>
    public string Region => Arn.Split(':')[3];

    /// <summary>The account in the ARN, 12 digits.</summary>
    public string Account => Arn.Split(':')[4];

    /// <summary>Reads an ARN or a URI.</summary>
    /// <exception cref="KeyException">BW1201: an alias, a bare id, or no name of a KMS key at all.</exception>
    public static KmsKeyName Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string arn = name.StartsWith(Scheme, StringComparison.Ordinal) ? name[Scheme.Length..] : name;
        if (!KeyArn().IsMatch(arn))
            throw KeyException.Malformed($"'{name}'", "it is not the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID; 'aws kms describe-key' prints it)");
        return new KmsKeyName(arn);
    }

    [GeneratedRegex(@"\Aarn:aws[a-z0-9-]{0,20}:kms:[a-z0-9-]{1,40}:[0-9]{12}:key/[A-Za-z0-9-]{1,100}\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyArn();
}
