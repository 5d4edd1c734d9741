using Bulwark.Encryption;
using Bulwark.Signing;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>
/// The way back: verify signature, claims and envelope, unwrap, check the commitment, decrypt, compare the digest.
/// Nothing is decrypted before everything around it verified, and no plaintext leaves a segment before its tag did.
/// </summary>
public sealed class ModelOpener(ProtectionServices services)
{
    /// <summary>Largest signature that is read: that of one file has a few kilobytes.</summary>
    public const long MaximumSignatureLength = 1 << 20;

    /// <summary>Largest claims file that is read; a receipt lists every marked tensor.</summary>
    public const long MaximumClaimsLength = 64L << 20;

    /// <summary>Verifies everything around a body and makes it ready to be read.</summary>
    /// <param name="container">Where the protected model lies.</param>
    /// <param name="bodyName">Its <c>NAME.enc</c>.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ProtectionException">A part is missing (BW2002), too large (BW2006), or not what was signed for (BW2004).</exception>
    /// <exception cref="SigningException">The signature or a claim does not verify with a trusted key.</exception>
    /// <exception cref="EncryptionException">The envelope is malformed, not this body's, or no key opens it.</exception>
    public async Task<OpenedModel> OpenAsync(string container, string bodyName, CancellationToken cancellationToken)
    {
        ProtectedNames names = ProtectedNames.ForBody(bodyName) ?? throw ProtectionException.NotABody(bodyName);
        ObjectRef body = await services.Store.FindAsync(container, names.Body, cancellationToken)
            ?? throw StorageException.NotFound($"{container}/{names.Body}");
        try
        {
            return await OpenAsync(container, names, body, cancellationToken);
        }
        catch (BulwarkException error) when (error.Kind == ErrorKind.Refused)
        {
            await services.Audit.AppendAsync(OpenedModel.Entry(services, body, "model.opened", "refused", error), cancellationToken);
            throw;
        }
    }

    private async Task<OpenedModel> OpenAsync(string container, ProtectedNames names, ObjectRef body, CancellationToken cancellationToken)
    {
        byte[] signature = await ReadPartAsync(container, names.Body, names.Signature, MaximumSignatureLength, cancellationToken);
        byte[] claims = await ReadPartAsync(container, names.Body, names.Claims, MaximumClaimsLength, cancellationToken);
        byte[] sidecarJson = await ReadPartAsync(container, names.Body, names.Sidecar, EnvelopeSidecar.MaximumLength, cancellationToken);

        // The signature says which bytes the model has, the claims say which envelope and body hold them.
        EnvelopeSidecar sidecar = EnvelopeSidecar.Parse(sidecarJson);
        VerifiedFile? postQuantum = null;
        VerifiedFile signed = ModelVerifier.VerifyFile(
            signature, names.Model, Convert.FromHexString(sidecar.PlaintextSha256), services.TrustedKeys);
        if (await services.Store.FindAsync(container, names.PostQuantumSignature, cancellationToken) is not null)
        {
            byte[] second = await ReadPartAsync(container, names.Body, names.PostQuantumSignature, MaximumSignatureLength, cancellationToken);
            postQuantum = ModelVerifier.VerifyFile(second, names.Model, signed.Sha256.Span, services.TrustedKeys);
        }

        IReadOnlyDictionary<string, byte[]> verified = ClaimsFile.Verify(claims, signed.Subject, signed.Root.Span, services.TrustedKeys);
        ClaimDocuments.CheckEnvelope(verified, names, sidecarJson, body.Size);

        IObjectReader reader = await services.Store.OpenReadAsync(body, cancellationToken);
        try
        {
            ModelDecryptor decryptor = await ModelDecryptor.OpenAsync(
                reader, sidecar, services.WrappingKeys, names.AssociatedData, cancellationToken);
            return new OpenedModel(services, names, reader, decryptor, signed, postQuantum, verified);
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    private async Task<byte[]> ReadPartAsync(string container, string body, string name, long limit, CancellationToken cancellationToken)
    {
        ObjectRef part = await services.Store.FindAsync(container, name, cancellationToken) ?? throw ProtectionException.Incomplete(body, name);
        if (part.Size > limit)
            throw ProtectionException.TooLarge(name, part.Size, limit);
        await using IObjectReader reader = await services.Store.OpenReadAsync(part, cancellationToken);
        byte[] bytes = new byte[part.Size];
        await reader.ReadAsync(0, bytes, cancellationToken);
        return bytes;
    }
}
