using Bulwark.Encryption;
using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Scanning;
using Bulwark.Signing;
using Bulwark.State;
using Bulwark.Storage;
using Bulwark.Watermarking;

namespace Bulwark.Protection;

/// <summary>
/// The main job: scan, watermark, sign, encrypt. Read <see cref="ProtectAsync"/> from top to bottom for the whole data flow.
/// </summary>
/// <remarks>
/// Memory is constant whatever the model's size. A crash at any byte leaves what was visible before, or the new model, and either
/// opens (<see cref="Publication"/> says how); a retry starts over and finishes.
/// </remarks>
public sealed class ModelProtector(ProtectionServices services)
{
    private readonly IdempotencyLedger _ledger = new(services.State, services.Clock);

    /// <summary>Protects a model. When it changes while it is read, the work starts over with the version that is there then, once.</summary>
    /// <param name="source">The version to protect.</param>
    /// <param name="container">Where the protected model goes.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told about the passes over the bytes.</param>
    /// <param name="cancellationToken">Stops the work; nothing is published then.</param>
    /// <returns>The result; the first one again when this source version was protected before with equal options.</returns>
    /// <exception cref="Audit.AuditException">The log cannot be continued (BW1301 to BW1307, BW1313).</exception>
    /// <exception cref="StorageException">The source cannot be read or changed twice meanwhile (BW1004), or the destination cannot be written.</exception>
    /// <exception cref="ProtectionException">Another worker holds the claim (BW2001), the source cannot be protected (BW2007, BW2008), something else stands in its place (BW2010), the source is malicious, malformed or suspicious and in quarantine (BW2011 to BW2013), lies there already (BW2014), or could not be put there (BW2015).</exception>
    public async Task<ProtectionResult> ProtectAsync(
        ObjectRef source, string container, ProtectionOptions options, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            return await ProtectVersionAsync(source, container, options, progress, cancellationToken);
        }
        catch (StorageException error) when (error.Code == "BW1004")
        {
            // An upload that went on while it was read; one that never rests is not chased.
            ObjectRef? present = await services.Store.FindAsync(source.Container, source.Name, cancellationToken);
            if (present is null || present.Version == source.Version)
                throw;
            return await ProtectVersionAsync(present, container, options, progress, cancellationToken);
        }
    }

    private async Task<ProtectionResult> ProtectVersionAsync(
        ObjectRef source, string container, ProtectionOptions options, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        ProtectedNames names = ProtectedNames.ForModel(source.Name);
        if (names.Model.EndsWith(ProtectedNames.PostQuantumEnding, StringComparison.Ordinal))
            throw ProtectionException.BadName(names.Model, $"the signature of a model that ends in {ProtectedNames.PostQuantumEnding} has the name of another model's second signature.");
        if (source.Size == 0)
            throw ProtectionException.Empty(source.ToString());
        if (source.Container == services.QuarantineContainer)
            throw ProtectionException.InQuarantine(source.ToString());
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

        Destination destination = new(services, container, names);
        ObjectRef? replaced = await destination.CheckAsync(source, options.Force, cancellationToken);
        // What could not be recorded is not done: a log that cannot be continued stops the work before anything is published.
        await services.Audit.HeadAsync(cancellationToken);

        // 2 inspect: scan, identify by content and map the tensors; malicious and malformed files end here, with a copy in quarantine
        Inspection inspection = new(services, source, options, progress);
        (ModelFile model, ScanReport scan) = await inspection.RunAsync(reader, cancellationToken);

        // 3 measure: the watermark's strength depends on all of the weights; the receipt names what they were
        using WatermarkWork watermark = WatermarkWork.For(model, services.WatermarkKey, options.Watermark);
        ExactFingerprint? before = await inspection.GuardAsync(reader, scan, () => TransformPass.MeasureAsync(model, watermark, progress, cancellationToken), cancellationToken);
        IssuedWatermark? issued = watermark.Plan(names.Model, services.Clock.GetUtcNow());
        if (issued is not null)
            await new WatermarkRegistry(services.State).RecordAsync(issued, cancellationToken);

        // 4 transform: one read marks, hashes, takes the fingerprints, encrypts, and reads the mark back
        using StreamingKeyset keyset = StreamingKeyset.Generate();
        using SegmentEncryptor encryptor = new(keyset.Primary, EnvelopeSidecar.EncodeAssociatedData(names.AssociatedData));
        // Two workers must not replace each other's body unseen: whoever finds another version than it started from loses.
        await using IObjectWriter body = await services.Store.CreateAsync(
            container, names.Body, replaced is null ? WriteCondition.IfAbsent : WriteCondition.IfVersion(replaced.Version), cancellationToken);
        EncryptingWriter encrypting = new(encryptor, source.Size, body);
        await encrypting.BeginAsync(cancellationToken);
        TransformOutcome outcome = await inspection.GuardAsync(
            reader, scan, () => TransformPass.RunAsync(model, watermark, encrypting.WriteAsync, progress, cancellationToken), cancellationToken);
        await reader.EnsureUnchangedAsync(cancellationToken);
        WatermarkReceipt receipt = watermark.Receipt(issued, before, outcome.Fingerprint);

        // 5 sign: the signature covers the watermarked plaintext, the claims say what was done and bind the envelope to it
        ModelManifest manifest = ModelManifest.ForFile(names.Model, outcome.Sha256);
        EnvelopeSidecar envelope = await EnvelopeSidecar.CreateAsync(
            keyset, encryptor, names.AssociatedData, services.BindWrapsToSource ? ProtectedNames.AssociatedDataFor(source) : names.AssociatedData, source.Size, outcome.Sha256, services.WrappingKeys, cancellationToken);
        byte[] sidecar = envelope.ToJson();
        byte[] signature = await new ModelSigner(services.SigningKey).SignAsync(manifest, cancellationToken);
        byte[] claims = await ClaimsFile.SignAsync(
            services.SigningKey, manifest, ClaimDocuments.For(services, names, source, model, scan, receipt, outcome.Fingerprint, envelope, sidecar), cancellationToken);

        CompanionParts parts = new()
        {
            Sidecar = sidecar,
            Signature = signature,
            Claims = claims,
            PostQuantumSignature = options.PostQuantum ? await new ModelSigner(services.PostQuantumKey!).SignAsync(manifest, cancellationToken) : null,
        };

        // 6 commit: the parts; then the record, the audit entry, and by policy the source. Once the body is published, to the end.
        await body.FlushAsync(cancellationToken);
        await work.RenewAsync(cancellationToken);
        ObjectRef published = await new Publication(services.Store, container, names, parts, encryptor.Header).PublishAsync(body, replaced, cancellationToken);
        ProtectionResult result = Describe(names, container, model, receipt, outcome, published);
        await destination.RememberAsync(source, CancellationToken.None);
        await work.CompleteAsync(result, CancellationToken.None);
        await FinishAsync(work, source, result, options, CancellationToken.None);
        return result;
    }

    private ProtectionResult Describe(
        ProtectedNames names, string container, ModelFile model, WatermarkReceipt watermark, TransformOutcome outcome, ObjectRef body) => new()
        {
            Model = names.Model,
            Format = model.Format,
            Size = model.Reader.Source.Size,
            Tensors = model.Tensors.Count,
            Watermark = watermark with { Tensors = null },
            Sha256 = Convert.ToHexStringLower(outcome.Sha256),
            ContentRoot = outcome.Fingerprint?.Exact.ContentRoot.ToString(),
            Container = container,
            Body = names.Body,
            Sidecar = names.Sidecar,
            Signature = names.Signature,
            Claims = names.Claims,
            BodyVersion = body.Version,
            SignedBy = VerificationKeyHint(),
            ProtectedAt = services.Clock.GetUtcNow(),
            ProtectedBy = services.Actor,
        };

    private string VerificationKeyHint() => Keys.VerificationKey.FromPem(services.SigningKey.PublicKeyPem).Hint;

    /// <summary>What follows the record; done again on a repeated delivery, in case a crash came between.</summary>
    private async Task FinishAsync(
        ClaimedWork work, ObjectRef source, ProtectionResult result, ProtectionOptions options, CancellationToken cancellationToken)
    {
        await work.AuditOnceAsync(source, result, cancellationToken);
        if (!options.DeleteSource)
            return;
        // The plaintext goes only when what replaces it opens; a caller without a key that opens it keeps the plaintext.
        ObjectRef body = await services.Store.FindAsync(result.Container, result.Body, cancellationToken)
            ?? throw StorageException.NotFound($"{result.Container}/{result.Body}");
        await using (await new ModelOpener(services).OpenQuietlyAsync(body, cancellationToken))
        {
        }

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
