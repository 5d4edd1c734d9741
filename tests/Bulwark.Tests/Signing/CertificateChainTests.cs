using System.Security.Cryptography.X509Certificates;
using Bulwark.Keys;
using Bulwark.Signing;
using Bulwark.Testing;

namespace Bulwark.Tests.Signing;

/// <summary>Certificates made by openssl, and who may sign models with them.</summary>
public sealed class CertificateChainTests : IDisposable
{
    private readonly OpenSslAuthority _authority = new();

    private readonly ModelFolder _model = new(("w", "weights"));

    public void Dispose()
    {
        _authority.Dispose();
        _model.Dispose();
    }

    [ProgramFact("openssl")]
    public async Task A_chain_to_a_trusted_root_verifies_and_names_its_signer()
    {
        Chain();
        VerifiedModel verified = await VerifyAsync(["leaf", "middle"], "root");
        Assert.Equal("CN=leaf", verified.Identity!.Subject);
        Assert.Equal(["ml@example.org", "https://example.org/ci"], verified.Identity.AlternativeNames);

        // The verifier may know the intermediate, but it has to know the root.
        await VerifyAsync(["leaf"], "root", "middle");
        Assert.Equal("BW1805", await Code(["leaf"], "root"));
        Assert.Equal("BW1805", await Code(["leaf"], "middle"));
        Assert.Equal("BW1805", await Code(["leaf", "middle"], "middle"));
        Assert.Equal("BW1805", await Code(["leaf", "middle"]));

        _authority.Certify("stranger", null, OpenSslAuthority.Authority);
        Assert.Equal("BW1805", await Code(["leaf", "middle"], "stranger"));
        await VerifyAsync(["leaf", "stranger-middle", "middle"], "stranger", "root");

        // A key that is trusted trusts no certificate, and the reverse.
        byte[] bundle = await BundleAsync(["leaf", "middle"]);
        SigningTrust key = SigningTrust.Of(VerificationKey.FromPem(File.ReadAllText(_authority["leaf.pub"])));
        Assert.Equal("BW1805", await ModelFolder.CodeAsync(() => VerifyAsync(bundle, key)));
        byte[] bare = await new ModelSigner(Key("leaf")).SignAsync(await _model.ManifestAsync(), CancellationToken.None);
        Assert.Equal("BW1802", await ModelFolder.CodeAsync(() => VerifyAsync(bare, Trust("root"))));
    }

    [ProgramFact("openssl")]
    public async Task The_signer_s_own_code_makes_the_same_bundle_and_refuses_chains_that_verifiers_would()
    {
        Chain();
        ModelSigner signer = new(Key("leaf"), Certificates("leaf", "middle"));
        byte[] bundle = await signer.SignAsync(await _model.ManifestAsync(), CancellationToken.None);
        await VerifyAsync(bundle, Trust("root"));
        Assert.Equal("BW1805", Assert.Throws<SigningException>(() => new ModelSigner(Key("middle"), Certificates("leaf", "middle"))).Code);
        Assert.Equal("BW1805", Assert.Throws<SigningException>(() => new ModelSigner(Key("leaf"), Certificates("leaf", "middle", "root"))).Code);
        Assert.Equal("BW1805", Assert.Throws<SigningException>(() => new ModelSigner(Key("middle"), Certificates("middle"))).Code);
    }

    [ProgramFact("openssl")]
    public async Task Only_a_certificate_for_signatures_may_sign()
    {
        Chain();
        async Task Expect(string? code, string name, string extensions)
        {
            _authority.Certify(name, "root", extensions);
            Assert.Equal((name, code), (name, await CodeOrNull([name], "root")));
        }

        await Expect("BW1805", "no-usage", "basicConstraints=CA:FALSE");
        await Expect("BW1805", "encipherment", "keyUsage=keyEncipherment");
        await Expect("BW1805", "repudiation", "keyUsage=nonRepudiation");
        await Expect(null, "code", "extendedKeyUsage=codeSigning");
        await Expect(null, "signature", "keyUsage=digitalSignature");
        await Expect(null, "both", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,codeSigning,emailProtection");
        // The reference accepts these.
        await Expect("BW1805", "web", "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth");
        await Expect("BW1805", "client", "keyUsage=digitalSignature\nextendedKeyUsage=clientAuth");
        // An authority signs where its key usage says so, as in the reference's own samples.
        await Expect("BW1805", "authority", OpenSslAuthority.Authority);
        await Expect(null, "signing-authority", "basicConstraints=critical,CA:TRUE\nkeyUsage=digitalSignature,keyCertSign");
    }

    [ProgramFact("openssl")]
    public async Task A_chain_is_judged_at_the_leaf_s_first_moment_unless_a_time_is_given()
    {
        Chain();
        _authority.Certify("expired", "middle", OpenSslAuthority.Signer, from: "20200101", until: "20200201");
        VerifiedModel verified = await VerifyAsync(["expired", "middle"], "root");
        Assert.Equal(new DateTimeOffset(2020, 2, 1, 0, 0, 0, TimeSpan.Zero), verified.Identity!.NotAfter);
        byte[] bundle = await BundleAsync(["expired", "middle"]);
        SigningTrust At(int year, int month) => Trust("root") with { CertificatesValidAt = new DateTimeOffset(year, month, 15, 0, 0, 0, TimeSpan.Zero) };
        await VerifyAsync(bundle, At(2020, 1));
        Assert.Equal("BW1805", await ModelFolder.CodeAsync(() => VerifyAsync(bundle, At(2024, 1))));
        Assert.Equal("BW1805", await ModelFolder.CodeAsync(() => VerifyAsync(bundle, At(2019, 12))));

        _authority.Certify("future", "middle", OpenSslAuthority.Signer, from: "20980101", until: "20990101");
        await VerifyAsync(["future", "middle"], "root");
        _authority.Certify("before-root", "root", OpenSslAuthority.Signer, from: "20180101");
        Assert.Equal("BW1805", await Code(["before-root"], "root"));
        _authority.Certify("old-middle", "root", OpenSslAuthority.Authority, from: "20190101", until: "20190601");
        _authority.Certify("after-middle", "old-middle", OpenSslAuthority.Signer, from: "20200101");
        Assert.Equal("BW1805", await Code(["after-middle", "old-middle"], "root"));
    }

    [ProgramFact("openssl")]
    public async Task Who_is_no_authority_issues_nothing()
    {
        Chain();
        _authority.Certify("child", "leaf", OpenSslAuthority.Signer);
        Assert.Equal("BW1805", await Code(["child", "leaf", "middle"], "root"));
        _authority.Certify("short", "root", "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign");
        _authority.Certify("below", "short", OpenSslAuthority.Authority);
        _authority.Certify("deep", "below", OpenSslAuthority.Signer);
        Assert.Equal("BW1805", await Code(["deep", "below", "short"], "root"));
        _authority.Certify("no-signing", "root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign");
        _authority.Certify("under", "no-signing", OpenSslAuthority.Signer);
        Assert.Equal("BW1805", await Code(["under", "no-signing"], "root"));
        _authority.Certify("named", "root", OpenSslAuthority.Authority + "\nnameConstraints=critical,permitted;email:example.com");
        _authority.Certify("elsewhere", "named", OpenSslAuthority.Signer);
        Assert.Equal("BW1805", await Code(["elsewhere", "named"], "root"));
        // The reference accepts this one: an authority that its root made for web servers only.
        _authority.Certify("web-authority", "root", OpenSslAuthority.Authority + "\nextendedKeyUsage=serverAuth");
        _authority.Certify("from-web", "web-authority", OpenSslAuthority.Signer);
        Assert.Equal("BW1805", await Code(["from-web", "web-authority"], "root"));
        _authority.Certify("code-authority", "root", OpenSslAuthority.Authority + "\nextendedKeyUsage=codeSigning,emailProtection");
        _authority.Certify("from-code", "code-authority", OpenSslAuthority.Signer);
        await VerifyAsync(["from-code", "code-authority"], "root");
        _authority.Certify("strange", "root", OpenSslAuthority.Signer + "\n1.2.3.4=critical,ASN1:NULL");
        Assert.Equal("BW1805", await Code(["strange"], "root"));
    }

    [ProgramFact("openssl")]
    public async Task A_root_in_the_bundle_a_signer_that_vouches_for_itself_and_weak_hashes_are_refused()
    {
        Chain();
        Assert.Equal("BW1801", await Code(["leaf", "middle", "root"], "root"));
        _authority.Certify("self", null, OpenSslAuthority.Signer);
        Assert.Equal("BW1801", await Code(["self"], "root"));
        Assert.Equal("BW1801", await Code(["self"], "self"));
        _authority.Certify("sha1", "root", OpenSslAuthority.Signer, hash: "sha1");
        Assert.Equal("BW1805", await Code(["sha1"], "root"));

        // The same name as the root's, another key: it is no root, and leads nowhere.
        Directory.CreateDirectory(_authority["other"]);
        using OpenSslAuthority imitation = new();
        imitation.Certify("root", null, OpenSslAuthority.Authority);
        imitation.Certify("leaf", "root", OpenSslAuthority.Signer);
        byte[] bundle = SigstoreBundle.Write(
            (await _model.ManifestAsync()).ToStatement(), new byte[70], [X509CertificateLoader.LoadCertificateFromFile(imitation["leaf.crt"])]);
        Assert.Equal("BW1805", await ModelFolder.CodeAsync(() => VerifyAsync(bundle, Trust("root"))));
    }

    [ProgramFact("openssl")]
    public async Task The_key_of_a_certificate_must_be_one_of_the_format_and_must_have_signed()
    {
        Chain();
        foreach (string kind in new[] { "RSA", "ED25519", "secp256k1", "secp224r1" })
        {
            _authority.Certify(kind, "root", OpenSslAuthority.Signer, kind);
            byte[] bundle = SigstoreBundle.Write((await _model.ManifestAsync()).ToStatement(), new byte[64], Certificates(kind));
            Assert.Equal("BW1804", await ModelFolder.CodeAsync(() => VerifyAsync(bundle, Trust("root"))));
        }

        // Signed by openssl, whose key never came here.
        _authority.Certify("p521", "middle", OpenSslAuthority.Signer, "P-521");
        byte[] statement = (await _model.ManifestAsync()).ToStatement();
        byte[] message = DsseEnvelope.PreAuthenticationEncoding(statement);
        VerifiedModel verified = await VerifyAsync(
            SigstoreBundle.Write(statement, _authority.Sign("p521", message, "sha512"), Certificates("p521", "middle")), Trust("root"));
        Assert.Equal(SignatureAlgorithm.EcdsaP521Sha512, verified.SignedBy.Algorithm);
        Assert.Equal("BW1802", await ModelFolder.CodeAsync(() => VerifyAsync(
            SigstoreBundle.Write(statement, _authority.Sign("middle", message, "sha256"), Certificates("leaf", "middle")), Trust("root"))));
    }

    [ProgramFact("openssl")]
    public async Task A_demanded_identity_must_be_named_exactly()
    {
        Chain();
        byte[] bundle = await BundleAsync(["leaf", "middle"]);
        foreach (string name in new[] { "ml@example.org", "https://example.org/ci", "CN=leaf" })
            await VerifyAsync(bundle, Trust("root") with { ExpectedIdentity = name });
        foreach (string name in new[] { "ML@example.org", "ml@example.org ", "example.org", "leaf", "https://example.org/", "", "*" })
            Assert.Equal("BW1806", await ModelFolder.CodeAsync(() => VerifyAsync(bundle, Trust("root") with { ExpectedIdentity = name })));
    }

    [ProgramFact("openssl")]
    public async Task Certificates_are_plain_der_and_not_too_many()
    {
        Chain();
        byte[] statement = (await _model.ManifestAsync()).ToStatement();
        Assert.Equal("BW1801", await ModelFolder.CodeAsync(() => VerifyAsync(
            SigstoreBundle.Write(statement, [1], [.. Enumerable.Repeat(Certificates("leaf")[0], 17)]), Trust("root"))));
        string bundle = System.Text.Encoding.UTF8.GetString(await BundleAsync(["leaf", "middle"]));
        byte[] der = Certificates("leaf")[0].RawData;
        byte[][] others = [[.. der, 0], der[..^1], Array.Empty<byte>(), [0x30, 0x80, 0, 0], System.Text.Encoding.ASCII.GetBytes(File.ReadAllText(_authority["leaf.crt"]))];
        foreach (byte[] other in others)
        {
            string changed = bundle.Replace(Convert.ToBase64String(der), Convert.ToBase64String(other), StringComparison.Ordinal);
            Assert.Equal("BW1801", await ModelFolder.CodeAsync(() => VerifyAsync(System.Text.Encoding.UTF8.GetBytes(changed), Trust("root"))));
        }
    }

    private void Chain()
    {
        _authority.Certify("root", null, OpenSslAuthority.Authority);
        _authority.Certify("middle", "root", OpenSslAuthority.Authority);
        _authority.Certify("leaf", "middle", OpenSslAuthority.Signer);
        _authority.Certify("stranger-middle", "root", OpenSslAuthority.Authority);
    }

    private PemSigningKey Key(string name) => PemSigningKey.FromPem(File.ReadAllText(_authority[name + ".key"]));

    private X509Certificate2[] Certificates(params string[] names) => [.. names.Select(name => X509CertificateLoader.LoadCertificateFromFile(_authority[name + ".crt"]))];

    private SigningTrust Trust(params string[] roots) => new() { Roots = Certificates(roots) };

    // Not with ModelSigner, which refuses what this is about.
    private async Task<byte[]> BundleAsync(string[] chain)
    {
        byte[] statement = (await _model.ManifestAsync()).ToStatement();
        using PemSigningKey key = Key(chain[0]);
        byte[] signature = await key.SignAsync(DsseEnvelope.PreAuthenticationEncoding(statement), CancellationToken.None);
        return SigstoreBundle.Write(statement, signature, Certificates(chain));
    }

    private Task<VerifiedModel> VerifyAsync(byte[] bundle, SigningTrust trust) =>
        ModelVerifier.VerifyAsync(_model.Path, bundle, trust, new(), null, CancellationToken.None);

    private async Task<VerifiedModel> VerifyAsync(string[] chain, params string[] roots) => await VerifyAsync(await BundleAsync(chain), Trust(roots));

    private Task<string> Code(string[] chain, params string[] roots) => ModelFolder.CodeAsync(() => VerifyAsync(chain, roots));

    private async Task<string?> CodeOrNull(string[] chain, params string[] roots)
    {
        try
        {
            await VerifyAsync(chain, roots);
            return null;
        }
        catch (SigningException error)
        {
            return error.Code;
        }
    }
}
