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

    private const int BodyHeaderLength = 40;
    private const int MostReplacements = 4;

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
            return await OpenSettledAsync(names, body, cancellationToken);
        }
        catch (BulwarkException error) when (error.Kind == ErrorKind.Refused)
        {
            await RefusalRecord.WriteAsync(services.Audit, OpenedModel.Entry(services, body, "refused", error), error, cancellationToken);
            throw;
        }
    }

    /// <summary>The same for one version of a body, and nothing is written to the audit log.</summary>
    internal Task<OpenedModel> OpenQuietlyAsync(ObjectRef body, CancellationToken cancellationToken) =>
        OpenVersionAsync(ProtectedNames.ForBody(body.Name) ?? throw ProtectionException.NotABody(body.Name), body, cancellationToken);

    /// <summary>Parts that do not fit because they are just being replaced are no refusal: a second look finds them settled, or another body.</summary>
    private async Task<OpenedModel> OpenSettledAsync(ProtectedNames names, ObjectRef body, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await OpenVersionAsync(names, body, cancellationToken);
            }
            catch (BulwarkException error) when (attempt < MostReplacements && (error.Kind == ErrorKind.Refused || error.Code is "BW1001" or "BW1004"))
            {
                ObjectRef? present = await services.Store.FindAsync(body.Container, body.Name, cancellationToken);
                if (present is null || (present.Version == body.Version && attempt > 0))
                    throw;
                body = present;
            }
        }
    }

    private async Task<OpenedModel> OpenVersionAsync(ProtectedNames names, ObjectRef body, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenAsync(names, body, await ReadPartsAsync(body.Container, names, cancellationToken), cancellationToken);
        }
        catch (BulwarkException error) when (error.Kind == ErrorKind.Refused)
        {
            // The writer may have died after the body and before the last of its companions; see Publication.
            if (await FindSpareAsync(names, body, cancellationToken) is not { } spare)
                throw;
            try
            {
                return await OpenAsync(names, body, spare, cancellationToken);
            }
            catch (BulwarkException other) when (other.Kind == ErrorKind.Refused)
            {
                // What is wrong with the companions themselves is what there is to say.
            }

            throw;
        }
    }

    private async Task<CompanionParts?> FindSpareAsync(ProtectedNames names, ObjectRef body, CancellationToken cancellationToken)
    {
        byte[] header = new byte[BodyHeaderLength];
        if (body.Size < header.Length)
            return null;
        await using (IObjectReader reader = await services.Store.OpenReadAsync(body, cancellationToken))
            await reader.ReadAsync(0, header, cancellationToken);
        return await services.Store.FindAsync(body.Container, names.SpareParts(header), cancellationToken) is { Size: <= CompanionParts.MaximumLength } spare
            ? CompanionParts.TryParse(await Publication.ReadAsync(services.Store, spare, cancellationToken))
            : null;
    }

    private async Task<CompanionParts> ReadPartsAsync(string container, ProtectedNames names, CancellationToken cancellationToken) => new()
    {
        Signature = await ReadPartAsync(container, names.Body, names.Signature, MaximumSignatureLength, cancellationToken),
        Claims = await ReadPartAsync(container, names.Body, names.Claims, MaximumClaimsLength, cancellationToken),
        Sidecar = await ReadPartAsync(container, names.Body, names.Sidecar, EnvelopeSidecar.MaximumLength, cancellationToken),
        PostQuantumSignature = await services.Store.FindAsync(container, names.PostQuantumSignature, cancellationToken) is null
            ? null
            : await ReadPartAsync(container, names.Body, names.PostQuantumSignature, MaximumSignatureLength, cancellationToken),
    };

    private async Task<OpenedModel> OpenAsync(ProtectedNames names, ObjectRef body, CompanionParts parts, CancellationToken cancellationToken)
    {
        // The signature says which bytes the model has, the claims say which envelope and body hold them.
        EnvelopeSidecar sidecar = EnvelopeSidecar.Parse(parts.Sidecar);
        VerifiedFile? postQuantum = null;
        VerifiedFile signed = ModelVerifier.VerifyFile(
            parts.Signature, names.Model, Convert.FromHexString(sidecar.PlaintextSha256), services.TrustedKeys);
        if (parts.PostQuantumSignature is { } second)
            postQuantum = ModelVerifier.VerifyFile(second, names.Model, signed.Sha256.Span, services.TrustedKeys);

        IReadOnlyDictionary<string, byte[]> verified = ClaimsFile.Verify(parts.Claims, signed.Subject, signed.Root.Span, services.TrustedKeys);
        ClaimDocuments.CheckEnvelope(verified, names, parts.Sidecar, sidecar.CiphertextSize);

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
        return await Publication.ReadAsync(services.Store, part, cancellationToken);
    }
}
