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
        Option<string[]> ignore = SignatureOptions.IgnorePaths();
        Option<bool> links = SignatureOptions.AllowSymlinks();
        return new ExampleCommand(
            "sign",
            "Sign a model; 'model_signing verify' of OpenSSF accepts the result.",
            "bulwark sign models/bert --signature models/bert/model.sig",
            "bulwark sign model.onnx --signature model.onnx.sig --private-key signer.pem")
        {
            model, signature, privateKey, chain, ignore, links,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            string path = parsed.GetValue(model)!;
            string output = Path.GetFullPath(parsed.GetValue(signature)!);
            ManifestOptions options = new()
            {
                IgnorePaths = parsed.GetValue(ignore) ?? [],
                AllowSymlinks = parsed.GetValue(links),
                SignaturePath = output,
            };
            using PemSigningKey key = parsed.GetValue(privateKey) is { } pem
                ? PemSigningKey.FromPem(await ReadPemAsync(pem, cancellationToken))
                : await LocalKeyRing.Default().GetSigningKeyAsync(cancellationToken);
            X509Certificate2Collection certificates = parsed.GetValue(chain) is { } file ? await ReadCertificatesAsync(file, cancellationToken) : [];

            ModelManifest manifest = await terminal.WithProgressAsync(
                "sign", progress => ModelManifest.FromPathAsync(path, options, progress, cancellationToken));
            ModelSigner signer = certificates.Count > 0 ? new ModelSigner(key, [.. certificates]) : new ModelSigner(key);
            byte[] bundle = await signer.SignAsync(manifest, cancellationToken);
            (string folder, string name) = Arguments.Locate(output);
            FolderObjectStore store = new();
            await using (IObjectWriter writer = await store.CreateAsync(folder, name, WriteCondition.Any, cancellationToken))
            {
                await writer.WriteAsync(bundle, cancellationToken);
                await writer.CommitAsync(cancellationToken);
            }

            SignatureDocument document = SignatureDocument.Of(manifest, VerificationKey.FromPem(key.PublicKeyPem).Hint, output);
            terminal.Show(document, CliJson.Default.SignatureDocument, console =>
            {
                console.MarkupLine("[green]Signed[/]");
                SignatureOptions.Show(console, document);
            });
            return ExitCode.Good;
        });
    }

    internal static async Task<string> ReadPemAsync(string path, CancellationToken cancellationToken)
    {
        await using IObjectReader reader = await LocalHost.OpenFileAsync(path, cancellationToken);
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
