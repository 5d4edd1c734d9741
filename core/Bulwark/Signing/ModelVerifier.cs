using System.Security.Cryptography;
using Bulwark.Keys;
using Microsoft.Win32.SafeHandles;

namespace Bulwark.Signing;

/// <summary>Verifies OpenSSF Model Signing v1.0 bundles, and those that versions 0.2 to 1.0.1 of the reference wrote.</summary>
public static class ModelVerifier
{
    /// <summary>Largest bundle that is read, in bytes.</summary>
    public const int MaximumBundleLength = SigstoreBundle.MaximumLength;

    /// <summary>Most uncovered files that a result names.</summary>
    public const int MaximumUncoveredListed = 1000;

    /// <summary>Verifies a model on disk with a signature on disk.</summary>
    /// <param name="modelPath">The file or folder.</param>
    /// <param name="signaturePath">The bundle; left out of the model where it lies inside.</param>
    /// <param name="trust">Whose signatures count.</param>
    /// <param name="options">What is tolerated.</param>
    /// <param name="progress">Told how many bytes have been hashed so far, from several threads.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="SigningException">
    /// BW1801 malformed. BW1802 not by a trusted key. BW1803 another model, or changed since. BW1804 to BW1806 key, certificate or identity.
    /// BW1807 keyless. BW1808 to BW1810 a file that is none, is unreadable, or changed meanwhile.
    /// </exception>
    public static async Task<VerifiedModel> VerifyAsync(
        string modelPath, string signaturePath, SigningTrust trust, VerificationOptions options, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        byte[] bundle = await ReadBundleAsync(signaturePath, cancellationToken);
        return await VerifyAsync(modelPath, bundle, trust, options with { SignaturePath = options.SignaturePath ?? signaturePath }, progress, cancellationToken);
    }

    /// <summary>Verifies a model on disk.</summary>
    /// <param name="modelPath">The file or folder.</param>
    /// <param name="bundle">The bundle's bytes.</param>
    /// <param name="trust">Whose signatures count.</param>
    /// <param name="options">What is tolerated.</param>
    /// <param name="progress">Told how many bytes have been hashed so far, from several threads.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <inheritdoc cref="VerifyAsync(string, string, SigningTrust, VerificationOptions, IProgress{long}?, CancellationToken)" path="/exception" />
    public static async Task<VerifiedModel> VerifyAsync(
        string modelPath, ReadOnlyMemory<byte> bundle, SigningTrust trust, VerificationOptions options, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        ArgumentNullException.ThrowIfNull(trust);
        ArgumentNullException.ThrowIfNull(options);
        string what = $"The signature of '{modelPath}'";
        BundleAuthentication signed = BundleAuthentication.Of(what, bundle, trust, acceptVersion02: true);
        ModelManifest manifest = signed.Version02 ? ManifestReader.ReadVersion02(what, signed.Payload) : ManifestReader.Read(what, signed.Payload);
        if (options.ExpectedName is { } name && manifest.Subject != name)
            throw SigningException.Mismatch($"'{name}'", $"the signature is for '{manifest.Subject}'");

        ModelComparison comparison = ModelComparison.Prepare(modelPath, manifest, options, cancellationToken);
        await comparison.CompareDigestsAsync(progress, cancellationToken);
        return new VerifiedModel
        {
            Manifest = manifest,
            SignedBy = signed.SignedBy,
            Identity = signed.Identity,
            BytesVerified = comparison.Bytes,
            Uncovered = [.. comparison.Uncovered.Take(MaximumUncoveredListed)],
            UncoveredCount = comparison.Uncovered.Count,
            Remarks = RemarksOn(signed),
        };
    }

    /// <summary>Verifies the signature of a model that is one file, whose digest the caller already has.</summary>
    /// <param name="bundle">The bundle's bytes.</param>
    /// <param name="name">The name the model must have been signed under; null for any.</param>
    /// <param name="sha256">SHA-256 of the file, 32 bytes.</param>
    /// <param name="trusted">Keys whose signature is accepted.</param>
    /// <exception cref="SigningException">Malformed (BW1801), not by a trusted key (BW1802), or of another model (BW1803).</exception>
    public static VerifiedFile VerifyFile(ReadOnlyMemory<byte> bundle, string? name, ReadOnlySpan<byte> sha256, IReadOnlyList<VerificationKey> trusted) =>
        VerifyFile(bundle, name, sha256, new SigningTrust { Keys = trusted });

    /// <inheritdoc cref="VerifyFile(ReadOnlyMemory{byte}, string?, ReadOnlySpan{byte}, IReadOnlyList{VerificationKey})" />
    /// <param name="bundle">The bundle's bytes.</param>
    /// <param name="name">The name the model must have been signed under; null for any.</param>
    /// <param name="sha256">SHA-256 of the file, 32 bytes.</param>
    /// <param name="trust">Whose signatures count.</param>
    public static VerifiedFile VerifyFile(ReadOnlyMemory<byte> bundle, string? name, ReadOnlySpan<byte> sha256, SigningTrust trust)
    {
        string what = name is null ? "The signature" : $"The signature of {name}";
        BundleAuthentication signed = BundleAuthentication.Of(what, bundle, trust, acceptVersion02: false);
        ModelManifest manifest = ManifestReader.Read(what, signed.Payload);
        if (name is not null && manifest.Subject != name)
            throw SigningException.Mismatch(name, $"the signature is for '{manifest.Subject}'");
        if (manifest.Serialization is not { Method: ManifestSerialization.Files, HashType: ManifestSerialization.Sha256 })
            throw SigningException.Malformed(what, "a model of one file must be signed by method files with sha256");
        if (manifest.Resources is not [{ } resource] || (resource.Name != ModelPath.WholeModel && resource.Name != manifest.Subject))
            throw SigningException.Mismatch(manifest.Subject, $"the signature covers {manifest.Resources.Count} files of a folder, not this one file");
        if (!CryptographicOperations.FixedTimeEquals(resource.Digest.Span, sha256))
            throw SigningException.Mismatch(manifest.Subject, "its content differs");
        return new VerifiedFile(manifest.Subject, manifest.Root, resource.Digest, signed.SignedBy, signed.Identity);
    }

    private static async Task<byte[]> ReadBundleAsync(string path, CancellationToken cancellationToken)
    {
        string real = RealPath.Of(path) ?? throw SigningException.NotAPlainFile(path, "is a loop of symbolic links");
        FileFacts facts = PlainFile.Look(real, path) ?? throw SigningException.Unreadable(path, new FileNotFoundException("There is no such file."));
        if (facts.Kind != FileKind.Regular)
            throw SigningException.NotAPlainFile(path, "is not a regular file");
        if (facts.Size > MaximumBundleLength)
            throw SigningException.Malformed($"The signature '{path}'", $"it has {facts.Size} bytes, more than the {MaximumBundleLength} allowed");
        try
        {
            // As long as it was seen to be and no longer: what grows meanwhile, or says that it is empty and is not, is no such file.
            using SafeFileHandle handle = PlainFile.Open(real, path, facts);
            byte[] bytes = new byte[facts.Size + 1];
            int read = 0;
            for (int n = -1; n != 0 && read < bytes.Length; read += n)
                n = await RandomAccess.ReadAsync(handle, bytes.AsMemory(read), read, cancellationToken);
            return read == facts.Size ? bytes[..read] : throw SigningException.Changed(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw SigningException.Unreadable(path, error);
        }
    }

    private static List<string> RemarksOn(BundleAuthentication signed)
    {
        List<string> remarks = [];
        if (signed.Version02)
            remarks.Add("The signature was made by version 0.2 of the reference and names no model; sign it again.");
        else if (signed.NamesKeyByBytes)
            remarks.Add("The signature names its key as versions up to 1.0.1 of the reference did; sign it again.");
        return remarks;
    }
}
