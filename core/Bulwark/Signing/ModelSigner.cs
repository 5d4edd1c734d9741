using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>Signs models as OpenSSF Model Signing v1.0: <c>model_signing verify key</c> accepts the result.</summary>
public sealed class ModelSigner(ISigningKey key)
{
    private readonly VerificationKey _public = VerificationKey.FromPem(key.PublicKeyPem);

    /// <summary>Signs a manifest.</summary>
    /// <returns>The bundle's bytes (JSON), to be written as <c>NAME.sig</c>.</returns>
    public async Task<byte[]> SignAsync(ModelManifest manifest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return await SignStatementAsync(manifest.ToStatement(), cancellationToken);
    }

    /// <summary>Signs any statement in the same envelope.</summary>
    internal async Task<byte[]> SignStatementAsync(byte[] statement, CancellationToken cancellationToken)
    {
        byte[] signature = await key.SignAsync(DsseEnvelope.PreAuthenticationEncoding(statement), cancellationToken);
        return SigstoreBundle.Write(statement, signature, _public);
    }
}
