using System.CommandLine;
using Bulwark.Keys;
using Bulwark.Signing;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark verify-signature MODEL --signature FILE --public-key PEM | --certificate-chain PEM</c>.</summary>
internal static class VerifySignatureCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string> model = Arguments.Path("MODEL", "A model file, or a folder with everything below it.");
        Option<string> signature = new("--signature") { Description = "The signature.", Required = true, HelpName = "FILE" };
        Option<string?> publicKey = new("--public-key") { Description = "Trust this public key.", HelpName = "PEM" };
        Option<string?> chain = new("--certificate-chain") { Description = "Trust these root certificates.", HelpName = "PEM" };
        Option<string?> identity = new("--identity") { Description = "The mail address, DNS name, URI or subject that the certificate must name." };
        Option<string[]> ignore = SignatureOptions.IgnorePaths();
        Option<bool> links = SignatureOptions.AllowSymlinks();
        Option<bool> unsigned = new("--ignore-unsigned-files") { Description = "Accept files that nobody signed; they are still listed." };
        ExampleCommand command = new(
            "verify-signature",
            "Check a model against its signature, made by any OpenSSF Model Signing tool.",
            "bulwark verify-signature models/bert --signature models/bert/model.sig --public-key signer.pub.pem",
            "bulwark verify-signature models/bert --signature models/bert/model.sig --certificate-chain roots.pem --identity ml@example.org")
        {
            model, signature, publicKey, chain, identity, ignore, links, unsigned,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(publicKey) is null == (result.GetValue(chain) is null))
                result.AddError("Give either --public-key or --certificate-chain.");
            if (result.GetValue(identity) is { } name && (name.Length == 0 || result.GetValue(chain) is null))
                result.AddError("--identity is a name in a certificate: give it together with --certificate-chain.");
        });
        return command.Does(async (parsed, terminal, cancellationToken) =>
        {
            SigningTrust trust = new()
            {
                Keys = parsed.GetValue(publicKey) is { } pem ? [VerificationKey.FromPem(await SignCommand.ReadPemAsync(pem, cancellationToken))] : [],
                Roots = parsed.GetValue(chain) is { } roots ? [.. await SignCommand.ReadCertificatesAsync(roots, cancellationToken)] : [],
                ExpectedIdentity = parsed.GetValue(identity),
            };
            VerificationOptions options = new()
            {
                IgnorePaths = parsed.GetValue(ignore) ?? [],
                AllowSymlinks = parsed.GetValue(links),
                IgnoreUnsignedFiles = parsed.GetValue(unsigned),
            };
            VerifiedModel verified = await terminal.WithProgressAsync("verify", progress => ModelVerifier.VerifyAsync(
                parsed.GetValue(model)!, parsed.GetValue(signature)!, trust, options, progress, cancellationToken));
            SignatureDocument document = SignatureDocument.Of(verified, Arguments.Absolute(parsed.GetValue(signature)!));
            terminal.Show(document, CliJson.Default.SignatureDocument, console =>
            {
                console.MarkupLine("[green]Verified[/]");
                SignatureOptions.Show(console, document);
            });
            return ExitCode.Good;
        });
    }
}
