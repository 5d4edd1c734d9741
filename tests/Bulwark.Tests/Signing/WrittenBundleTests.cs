using System.Text;
using System.Text.Json.Nodes;
using Bulwark.Keys;
using Bulwark.Signing;
using Bulwark.Testing;
using CsCheck;

namespace Bulwark.Tests.Signing;

/// <summary>What we write, judged by others: the specification's schemas, and the reference's rules written down a second time.</summary>
public sealed class WrittenBundleTests
{
    private static readonly string[] Parts = ["a", "a-b", "a.b", "B", ".hidden", ".git", ".gitignore", "\u00fc", "\uffee", "\ud83d\ude00", "x y", "c:1:2", "\"q\""];

    [Theory]
    [InlineData(SignatureAlgorithm.EcdsaP256Sha256)]
    [InlineData(SignatureAlgorithm.EcdsaP384Sha384)]
    public async Task Folders_of_every_shape_are_accepted_by_the_reference_s_rules(SignatureAlgorithm algorithm)
    {
        using PemSigningKey key = PemSigningKey.Generate(algorithm);
        ModelSigner signer = new(key);
        Gen<string> name = Gen.Int[0, Parts.Length - 1].Array[1, 4].Select(parts => string.Join('/', parts.Select(i => Parts[i])));
        await Gen.Select(Gen.Select(name, Gen.Int[0, 300]).Array[1, 12], name.Array[0, 3], Gen.Bool).SampleAsync(
            async (files, ignore, inside) =>
            {
                using ModelFolder model = new(("keep", "k"));
                foreach ((string path, int length) in files)
                {
                    // A name that is a folder already, or lies below a file, is another model's.
                    if (!Directory.Exists(model[path]) && !Ancestors(path).Any(a => File.Exists(model[a])))
                        model.Write(path, new string('x', length));
                }

                string signature = inside ? model["model.sig"] : model.Beside("model.sig");
                ManifestOptions options = new() { IgnorePaths = ignore, SignaturePaths = [signature] };
                byte[] bundle = await signer.SignAsync(await model.ManifestAsync(options), CancellationToken.None);
                File.WriteAllBytes(signature, bundle);
                ReferenceRules.Verify(model.Path, Encoding.UTF8.GetString(bundle), key.PublicKeyPem, signature);
                await ModelVerifier.VerifyAsync(
                    model.Path, signature, SigningTrust.Of(VerificationKey.FromPem(key.PublicKeyPem)), new(), null, CancellationToken.None);
            },
            iter: 25);
    }

    [Fact]
    public async Task One_file_and_links_are_accepted_by_the_reference_s_rules()
    {
        using ModelFolder model = new(("w", "w"), ("sub/v", "v"));
        ModelManifest file = await ModelManifest.FromPathAsync(model["w"], new(), null, CancellationToken.None);
        ReferenceRules.Verify(model["w"], Encoding.UTF8.GetString(await new ModelSigner(ModelFolder.Key).SignAsync(file, CancellationToken.None)), ModelFolder.Key.PublicKeyPem, null);
        File.CreateSymbolicLink(model["link"], "sub/v");
        ReferenceRules.Verify(model.Path, Encoding.UTF8.GetString(await model.SignAsync(new() { AllowSymlinks = true })), ModelFolder.Key.PublicKeyPem, null);
    }

    [DataFact]
    public async Task The_specification_s_schemas_accept_what_we_write()
    {
        FormatSchema bundles = await FormatSchema.BundleAsync();
        FormatSchema statements = await FormatSchema.StatementAsync();
        using ModelFolder model = new(("w", "w"), ("empty", ""), ("sub/\u6a21\u578b", "v"));
        ISigningKey[] keys = [ModelFolder.Key, PemSigningKey.Generate(SignatureAlgorithm.EcdsaP384Sha384), MLDsaSigningKey.Generate()];
        foreach (ISigningKey key in keys)
        {
            string bundle = Encoding.UTF8.GetString(await new ModelSigner(key).SignAsync(await model.ManifestAsync(new() { IgnorePaths = ["x"] }), CancellationToken.None));
            Assert.Empty(bundles.Faults(bundle));
            Assert.Empty(statements.Faults(Payload(bundle)));
        }

        ModelManifest file = ModelManifest.ForFile("m", new byte[32]);
        Assert.Empty(statements.Faults(Encoding.UTF8.GetString(file.ToStatement())));
        byte[] claims = await ClaimsFile.SignAsync(ModelFolder.Key, file, [new(ClaimTypes.Scan, "{}"u8.ToArray()), new(ClaimTypes.Envelope, "{}"u8.ToArray())], CancellationToken.None);
        string[] lines = Encoding.UTF8.GetString(claims).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Empty(bundles.Faults(line)));
        Assert.All(lines, line => Assert.NotEmpty(statements.Faults(Payload(line))));
    }

    [ProgramFact("openssl")]
    public async Task The_schema_accepts_a_bundle_with_certificates()
    {
        if (SharedData.Folder is null)
            return;
        using OpenSslAuthority authority = new();
        authority.Certify("root", null, OpenSslAuthority.Authority);
        authority.Certify("leaf", "root", OpenSslAuthority.Signer);
        using PemSigningKey key = PemSigningKey.FromPem(File.ReadAllText(authority["leaf.key"]));
        ModelSigner signer = new(key, [System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(authority["leaf.crt"])]);
        byte[] bundle = await signer.SignAsync(ModelManifest.ForFile("m", new byte[32]), CancellationToken.None);
        Assert.Empty((await FormatSchema.BundleAsync()).Faults(Encoding.UTF8.GetString(bundle)));
    }

    [DataFact]
    public async Task The_schemas_as_loaded_here_still_tell_the_specification_s_good_bundles_from_its_bad_ones()
    {
        FormatSchema bundles = await FormatSchema.BundleAsync();
        FormatSchema statements = await FormatSchema.StatementAsync();
        bool Good(string path)
        {
            string text = File.ReadAllText(path);
            return text.TrimStart().StartsWith('{') && bundles.Faults(text).Count == 0 && Payload(text).StartsWith('{') && statements.Faults(Payload(text)).Count == 0;
        }

        string vectors = SharedData.PathOf("oms", "spec-v1.0", "test-vectors");
        Assert.All(Directory.GetFiles(Path.Combine(vectors, "valid")), path => Assert.True(Good(path), path));
        Assert.All(
            Directory.GetDirectories(vectors, "invalid*").SelectMany(Directory.GetFiles),
            path => Assert.False(Good(path), path));
    }

    [Fact]
    public async Task A_second_bundle_with_ml_dsa_65_covers_the_same_payload()
    {
        using ModelFolder model = new(("w", "w"));
        MLDsaSigningKey second = MLDsaSigningKey.Generate();
        ModelManifest manifest = await model.ManifestAsync();
        byte[] first = await new ModelSigner(ModelFolder.Key).SignAsync(manifest, CancellationToken.None);
        byte[] other = await new ModelSigner(second).SignAsync(manifest, CancellationToken.None);
        Assert.Equal(Payload(Encoding.UTF8.GetString(first)), Payload(Encoding.UTF8.GetString(other)));

        SigningTrust trust = SigningTrust.Of(VerificationKey.FromPem(second.PublicKeyPem));
        VerifiedModel verified = await ModelVerifier.VerifyAsync(model.Path, other, trust, new(), null, CancellationToken.None);
        Assert.Equal(SignatureAlgorithm.MLDsa65, verified.SignedBy.Algorithm);
        Assert.Equal("BW1802", await ModelFolder.CodeAsync(() => model.VerifyAsync(other)));
        SigstoreBundle parsed = SigstoreBundle.Parse("it", other);
        foreach (byte[] bad in new byte[][] { [], [1], parsed.Signature[..^1], [.. parsed.Signature, 0], [.. parsed.Signature[..^1], (byte)(parsed.Signature[^1] ^ 1)] })
        {
            byte[] bundle = SigstoreBundle.Write(parsed.Payload, bad, trust.Keys[0]);
            Assert.Equal("BW1802", await ModelFolder.CodeAsync(() => ModelVerifier.VerifyAsync(model.Path, bundle, trust, new(), null, CancellationToken.None)));
        }
    }

    private static string Payload(string bundle) =>
        JsonNode.Parse(bundle)?["dsseEnvelope"]?["payload"]?.GetValue<string>() is { } payload ? Encoding.UTF8.GetString(Convert.FromBase64String(payload)) : "{}";

    private static IEnumerable<string> Ancestors(string path)
    {
        for (int i = path.IndexOf('/', StringComparison.Ordinal); i > 0; i = path.IndexOf('/', i + 1))
            yield return path[..i];
    }
}
