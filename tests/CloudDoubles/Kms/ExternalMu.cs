using System.Reflection;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>
/// ML-DSA over a message representative that the caller computed (FIPS 204, "external mu"). BouncyCastle has no public way in, so
/// the digest with which its signer computes mu is exchanged for one that answers with the given mu the first time it is asked.
/// </summary>
internal sealed class ExternalMu : ShakeDigest
{
    private const int SecurityStrength = 256;

    private byte[]? _mu;

    private ExternalMu(byte[] mu)
        : base(SecurityStrength) => _mu = mu;

    /// <summary>A signer that signs or verifies mu; feed it nothing.</summary>
    public static MLDsaSigner SignerOf(byte[] mu, bool forSigning, MLDsaKeyParameters key)
    {
        MLDsaSigner signer = new(MLDsaParameters.ml_dsa_65, deterministic: false);
        FieldInfo digest = typeof(MLDsaSigner).GetField("m_msgRepDigest", BindingFlags.Instance | BindingFlags.NonPublic)
            ?? throw new MissingFieldException("This release of BouncyCastle computes mu in another way.");
        ExternalMu external = new(mu);
        digest.SetValue(signer, external);
        signer.Init(forSigning, key);
        if (digest.GetValue(signer) != external)
            digest.SetValue(signer, external);
        return signer;
    }

    public override int OutputFinal(byte[] output, int outOff, int outLen)
    {
        if (_mu is not { } mu || outLen != mu.Length)
            return base.OutputFinal(output, outOff, outLen);
        mu.CopyTo(output, outOff);
        _mu = null;
        Reset();
        return outLen;
    }
}
