using Bulwark.Encryption;
using Bulwark.Models;
using Bulwark.Signing;
using Bulwark.State;
using Bulwark.Storage;
using Bulwark.Watermarking;

namespace Bulwark.Protection;

/// <summary>
/// The main job: scan, watermark, sign, encrypt. Read <see cref="ProtectAsync"/> from top to bottom for the whole data flow.
/// </summary>
/// <remarks>
/// Memory is constant whatever the model's size. A crash at any byte leaves no body visible; a retry starts over and finishes.
/// The body is published last, so a visible <c>NAME.enc</c> always has its envelope, signature and claims beside it.
/// </remarks>
public sealed class ModelProtector(ProtectionServices services)
{
    private readonly IdempotencyLedger _ledger = new(services.State, services.Clock);

    /// <summary>Protects one version of one model.</summary>
    /// <param name="source">The version to protect.</param>
    /// <param name="container">Where the protected model goes.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told about the passes over the bytes.</param>
    /// <param name="cancellationToken">Stops the work; nothing is published then.</param>
    /// <returns>The result; the first one again when this source version was protected before with equal options.</returns>
    /// <exception cref="ModelFormatException">The file claims a format and breaks its rules.</exception>
    /// <exception cref="StorageException">The source cannot be read or changed meanwhile, or the destination cannot be written.</exception>
    /// <exception cref="ProtectionException">Another worker holds the claim (BW2001), or the source cannot be protected (BW2007, BW2008).</exception>
    public async Task<ProtectionResult> ProtectAsync(
        ObjectRef source, string container, ProtectionOptions options, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        ProtectedNames names = ProtectedNames.ForModel(source.Name);
        if (source.Size == 0)
            throw ProtectionException.Empty(source.ToString());
        if (options.PostQuantum && services.PostQuantumKey is null)
            throw ProtectionException.NoPostQuantumKey();

        // 1 claim: a second delivery of the same event returns the first result
        ClaimedWork work = await ClaimedWork.BeginAsync(_ledger, services, source, container, options, cancellationToken);
        if (work.Finished is { } earlier)
        {
            await FinishAsync(work, source, earlier, options, cancellationToken);
            return earlier with { AlreadyProtected = true };
        }

        await using IAsyncDisposable abandonUnlessFinished = work;
        await using IObjectReader reader = await services.Store.OpenReadAsync(source, cancellationToken);

        // 2 inspect: identify by content and map the tensors; malformed files end here
        ModelFile model = await ModelFile.OpenAsync(reader, cancellationToken);

        // 3 measure: the watermark's strength depends on all of the weights
        using WatermarkWork watermark = WatermarkWork.For(model, services.WatermarkKey, options.Watermark);
        await TransformPass.MeasureAsync(model, watermark, progress, cancellationToken);
        IssuedWatermark? issued = watermark.Plan(names.Model, services.Clock.GetUtcNow());
        if (issued is not null)
            await new WatermarkRegistry(services.State).RecordAsync(issued, cancellationToken);

        // 4 transform: one read marks, hashes, encrypts, and reads the mark back
        using StreamingKeyset keyset = StreamingKeyset.Generate();
        using SegmentEncryptor encryptor = new(keyset.Primary, EnvelopeSidecar.EncodeAssociatedData(names.AssociatedData));
        await using IObjectWriter body = await CreateAsync(container, names.Body, cancellationToken);
        EncryptingWriter encrypting = new(encryptor, source.Size, body);
        await encrypting.BeginAsync(cancellationToken);
        byte[] sha256 = await TransformPass.RunAsync(model, watermark, encrypting.WriteAsync, progress, cancellationToken);
        await reader.EnsureUnchangedAsync(cancellationToken);
        WatermarkReceipt receipt = watermark.Receipt(issued);

        // 5 sign: the signature covers the watermarked plaintext, the claims say what was done and bind the envelope to it
        ModelManifest manifest = ModelManifest.ForFile(names.Model, sha256);
        EnvelopeSidecar envelope = await EnvelopeSidecar.CreateAsync(
            keyset, encryptor, names.AssociatedData, source.Size, sha256, services.WrappingKeys, cancellationToken);
        byte[] sidecar = envelope.ToJson();
        byte[] signature = await new ModelSigner(services.SigningKey).SignAsync(manifest, cancellationToken);
        byte[] claims = await ClaimsFile.SignAsync(
            services.SigningKey, manifest, ClaimDocuments.For(services, names, source, model, receipt, envelope, sidecar), cancellationToken);

        // 6 commit: the parts, the body last; then the record, the audit entry, and by policy the source
        List<IObjectWriter> parts = [];
        try
        {
            parts.Add(await StageAsync(container, names.Sidecar, sidecar, cancellationToken));
            parts.Add(await StageAsync(container, names.Signature, signature, cancellationToken));
            parts.Add(await StageAsync(container, names.Claims, claims, cancellationToken));
            if (options.PostQuantum)
            {
                byte[] second = await new ModelSigner(services.PostQuantumKey!).SignAsync(manifest, cancellationToken);
                parts.Add(await StageAsync(container, names.PostQuantumSignature, second, cancellationToken));
            }

            await body.FlushAsync(cancellationToken);
            await work.RenewAsync(cancellationToken);
            foreach (IObjectWriter part in parts)
                await part.CommitAsync(cancellationToken);
            // A second signature of an earlier run would not verify any more.
            if (!options.PostQuantum && await services.Store.FindAsync(container, names.PostQuantumSignature, cancellationToken) is { } stale)
                await services.Store.DeleteAsync(stale, cancellationToken);
        }
        finally
        {
            foreach (IObjectWriter part in parts)
                await part.DisposeAsync();
        }

        ObjectRef published = await body.CommitAsync(cancellationToken);
        ProtectionResult result = Describe(names, container, model, receipt, sha256, published);
        await work.CompleteAsync(result, cancellationToken);
        await FinishAsync(work, source, result, options, cancellationToken);
        return result;
    }

    private async Task<IObjectWriter> CreateAsync(string container, string name, CancellationToken cancellationToken)
    {
        // Two workers must not interleave their parts: whoever finds another version than it started from loses.
        ObjectRef? present = await services.Store.FindAsync(container, name, cancellationToken);
        WriteCondition condition = present is null ? WriteCondition.IfAbsent : WriteCondition.IfVersion(present.Version);
        return await services.Store.CreateAsync(container, name, condition, cancellationToken);
    }

    private async Task<IObjectWriter> StageAsync(string container, string name, byte[] bytes, CancellationToken cancellationToken)
    {
        IObjectWriter writer = await services.Store.CreateAsync(container, name, WriteCondition.Any, cancellationToken);
        try
        {
            await writer.WriteAsync(bytes, cancellationToken);
            await writer.FlushAsync(cancellationToken);
            return writer;
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    private ProtectionResult Describe(
        ProtectedNames names, string container, ModelFile model, WatermarkReceipt watermark, byte[] sha256, ObjectRef body) => new()
        {
            Model = names.Model,
            Format = model.Format,
            Size = model.Reader.Source.Size,
            Tensors = model.Tensors.Count,
            Watermark = watermark with { Tensors = null },
            Sha256 = Convert.ToHexStringLower(sha256),
            Container = container,
            Body = names.Body,
            Sidecar = names.Sidecar,
            Signature = names.Signature,
            Claims = names.Claims,
            BodyVersion = body.Version,
            SignedBy = VerificationKeyHint(),
            ProtectedAt = services.Clock.GetUtcNow(),
        };

    private string VerificationKeyHint() => Keys.VerificationKey.FromPem(services.SigningKey.PublicKeyPem).Hint;

    /// <summary>What follows the record; done again on a repeated delivery, in case a crash came between.</summary>
    private async Task FinishAsync(
        ClaimedWork work, ObjectRef source, ProtectionResult result, ProtectionOptions options, CancellationToken cancellationToken)
    {
        await work.AuditOnceAsync(source, result, cancellationToken);
        if (!options.DeleteSource)
            return;
        try
        {
            await services.Store.DeleteAsync(source, cancellationToken);
        }
        catch (StorageException error) when (error.Code == "BW1004")
        {
            // A newer version has taken its place, and that one is not protected yet.
        }
    }
}
