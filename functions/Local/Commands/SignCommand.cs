using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using Bulwark.Keys;
using Bulwark.Local;
using Bulwark.Signing;
using Bulwark.Storage;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark sign MODEL --signature FILE</c>: OpenSSF Model Signing v1.0 for a file or a folder.</summary>
internal static class SignCommand
{
    /// <summary>Largest key or certificate file that is read.</summary>
    private const int MaximumPemLength = 1 << 20;

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string> model = Arguments.Path("MODEL", "A model file, or a folder with everything below it.");
        Option<string> signature = new("--signature") { Description = "Where the signature is written.", Required = true, HelpName = "FILE" };
        Option<string?> privateKey = new("--private-key") { Description = "EC private key (PEM); your own signing key by default.", HelpName = "PEM" };
        Option<string?> chain = new("--certificate-chain")
        {
            Description = "Certificates to put into the signature, leaf first, without the root.",
            HelpName = "PEM",
        };
        Option<string?> postQuantum = new("--post-quantum") { Description = "Sign a second time, with your ML-DSA-65 key, into this file.", HelpName = "FILE" };
        Option<bool> force = new("--force") { Description = "Replace the signature if it exists." };
        Option<string[]> ignore = SignatureOptions.IgnorePaths();
        Option<bool> links = SignatureOptions.AllowSymlinks();
        return new ExampleCommand(
            "sign",
            "Sign a model; 'model_signing verify' of OpenSSF accepts the result.",
            "bulwark sign models/bert --signature models/bert/model.sig",
            "bulwark sign model.onnx --signature model.onnx.sig --private-key signer.pem",
            "bulwark sign models/bert --signature models/bert/model.sig --post-quantum models/bert/model.mldsa.sig")
        {
            model, signature, privateKey, chain, postQuantum, ignore, links, force,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            string path = parsed.GetValue(model)!;
            string output = Arguments.Absolute(parsed.GetValue(signature)!);
            string? second = parsed.GetValue(postQuantum) is { } beside ? Arguments.Absolute(beside) : null;
            if (second == output)
                throw UsageException.BadOption("--post-quantum", "it names the file of the first signature", "Name another file.");
            EnsureFree(parsed.GetValue(force), output, second);
            ManifestOptions options = new()
            {
                IgnorePaths = parsed.GetValue(ignore) ?? [],
                AllowSymlinks = parsed.GetValue(links),
                SignaturePaths = second is null ? [output] : [output, second],
            };
            using PemSigningKey key = parsed.GetValue(privateKey) is { } pem
                ? PemSigningKey.FromPem(await ReadPemAsync(pem, cancellationToken))
                : await LocalKeyRing.Default().GetSigningKeyAsync(cancellationToken);
            X509Certificate2Collection certificates = parsed.GetValue(chain) is { } file ? await ReadCertificatesAsync(file, cancellationToken) : [];

            ModelManifest manifest = await terminal.WithProgressAsync(
                "sign", progress => ModelManifest.FromPathAsync(path, options, progress, cancellationToken));
            ModelSigner signer = certificates.Count > 0 ? new ModelSigner(key, [.. certificates]) : new ModelSigner(key);
            byte[] bundle = await signer.SignAsync(manifest, cancellationToken);
            byte[]? extra = second is null
                ? null
                : await new ModelSigner(await LocalKeyRing.Default().GetMLDsaKeyAsync(cancellationToken)).SignAsync(manifest, cancellationToken);
            await WriteAsync(output, bundle, cancellationToken);
            if (extra is not null)
                await WriteAsync(second!, extra, cancellationToken);

            SignatureDocument document = SignatureDocument.Of(manifest, VerificationKey.FromPem(key.PublicKeyPem).Hint, output);
            terminal.Show(document, CliJson.Default.SignatureDocument, console =>
            {
                console.MarkupLine("[green]Signed[/]");
                SignatureOptions.Show(console, document);
            });
            return ExitCode.Good;
        });
    }

    // A slip of the hand must not replace a weights file by its own signature.
    private static void EnsureFree(bool replace, params ReadOnlySpan<string?> paths)
    {
        foreach (string? path in paths)
        {
            if (path is not null && !replace && (Path.Exists(path) || new FileInfo(path).LinkTarget is not null))
                throw UsageException.OutputExists(path);
        }
    }

    private static async Task WriteAsync(string path, byte[] bundle, CancellationToken cancellationToken)
    {
        (string folder, string name) = Arguments.Locate(path);
        await using IObjectWriter writer = await new FolderObjectStore().CreateAsync(folder, name, WriteCondition.Any, cancellationToken);
        await writer.WriteAsync(bundle, cancellationToken);
        await writer.CommitAsync(cancellationToken);
    }

    internal static async Task<string> ReadPemAsync(string path, CancellationToken cancellationToken)
    {
        // Keys are often links to the version in use (mounted secrets).
        string target = File.Exists(path) ? File.ResolveLinkTarget(Arguments.Absolute(path), returnFinalTarget: true)?.FullName ?? path : path;
        await using IObjectReader reader = await LocalHost.OpenFileAsync(target, cancellationToken);
        if (reader.Source.Size > MaximumPemLength)
            throw KeyException.Malformed(path, $"it has {reader.Source.Size} bytes, far more than a key");
        byte[] bytes = new byte[reader.Source.Size];
        await reader.ReadAsync(0, bytes, cancellationToken);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    internal static async Task<X509Certificate2Collection> ReadCertificatesAsync(string path, CancellationToken cancellationToken)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(await ReadPemAsync(path, cancellationToken));
        }
        catch (System.Security.Cryptography.CryptographicException error)
        {
            throw KeyException.Malformed(path, "its certificates cannot be read", error);
        }

        return certificates.Count > 0 ? certificates : throw KeyException.Malformed(path, "it holds no certificate");
    }
}
