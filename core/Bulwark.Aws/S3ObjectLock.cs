namespace Bulwark.Aws;

/// <summary>S3's ways of locking an object version against deletion.</summary>
public enum S3ObjectLock
{
    /// <summary>Not locked by us; the bucket's default still applies.</summary>
    None,

    /// <summary>Whoever has <c>s3:BypassGovernanceRetention</c> can still delete it.</summary>
    Governance,

    /// <summary>Nobody can delete it before its time, the root user included.</summary>
    Compliance,
}
