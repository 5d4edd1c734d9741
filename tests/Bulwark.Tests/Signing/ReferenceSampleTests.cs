using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Bulwark.Keys;
using Bulwark.Signing;
using Bulwark.Testing;

namespace Bulwark.Tests.Signing;

/// <summary>Signatures by the reference implementation (sigstore/model-transparency), and the crafted ones with their verdicts.</summary>
public sealed class ReferenceSampleTests
{
    public static TheoryData<string> Crafted
    {
        get
        {
            TheoryData<string> names = [];
            if (SharedData.Folder is null)
                return ["(no data)"];
            using JsonDocument vectors = Vectors();
            foreach (JsonElement vector in vectors.RootElement.EnumerateArray())
                names.Add(vector.GetProperty("name").GetString()!);
            return names;
        }
    }

    public static TheoryData<string, string> Samples => new()
    {
        { "v0.3.1-elliptic-key", "signme-1" },
        { "v1.1.0-elliptic-key", "" },
        { "v0.2.0-certificate", "" },
        { "v1.1.0-certificate", "" },
    };

    [DataTheory]
    [MemberData(nameof(Crafted))]
    public async Task A_crafted_bundle_gets_the_verdict_it_should(string name)
    {
        using JsonDocument vectors = Vectors();
        JsonElement vector = vectors.RootElement.EnumerateArray().Single(v => v.GetProperty("name").GetString() == name);
        string Of(string member) => SharedData.PathOf(["oms", "crafted", .. vector.GetProperty(member).GetString()!.Split('/')]);

        Task<VerifiedModel> Verify() => ModelVerifier.VerifyAsync(
            Of("model"), Of("bundle"), SigningTrust.Of(VerificationKey.FromPem(File.ReadAllText(Of("public_key")))), new(), null, CancellationToken.None);
        if (vector.GetProperty("expect").GetString() == "accept")
        {
            VerifiedModel model = await Verify();
            Assert.Equal(name == "ok-ignore-path" ? ["sub/adapter.bin"] : name == "ok-shards-int" ? ["empty.bin"] : [], model.Uncovered.Select(u => u.Name));
        }
        else
        {
            BulwarkException error = await Assert.ThrowsAnyAsync<BulwarkException>(Verify);
            Assert.Equal(name == "bad-secp256k1" ? "BW12" : "BW18", error.Code[..4]);
        }
    }

    [DataTheory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_of_every_version_is_accepted_and_any_change_to_the_model_refused(string sample, string file)
    {
        using ModelFolder copy = new();
        foreach (string path in Directory.GetFiles(SharedData.PathOf("oms", "model-transparency", sample)))
        {
            File.WriteAllBytes(copy[Path.GetFileName(path)], File.ReadAllBytes(path));
        }

        string model = file.Length > 0 ? copy[file] : copy.Path;
        VerifiedModel verified = await Verify();
        Assert.Equal(sample.EndsWith("certificate", StringComparison.Ordinal), verified.Identity is not null);
        Assert.Equal(sample.StartsWith("v1.1", StringComparison.Ordinal), verified.Remarks.Count == 0);
        Assert.Equal(sample.StartsWith("v1.1", StringComparison.Ordinal) ? ["ignore-me"] : [], verified.Uncovered.Select(u => u.Name));

        foreach (string signed in new[] { "signme-1", "signme-2" }.Where(name => File.Exists(copy[name]) && (file.Length == 0 || name == file)))
        {
            byte[] good = File.ReadAllBytes(copy[signed]);
            for (int i = 0; i < good.Length; i++)
            {
                byte[] bad = [.. good];
                bad[i] ^= 1;
                File.WriteAllBytes(copy[signed], bad);
                Assert.Equal("BW1803", (await Assert.ThrowsAsync<SigningException>(Verify)).Code);
            }

            File.WriteAllBytes(copy[signed], [.. good, 0]);
            Assert.Equal("BW1803", (await Assert.ThrowsAsync<SigningException>(Verify)).Code);
            File.WriteAllBytes(copy[signed], good);
        }

        if (file.Length == 0)
        {
            copy.Write("extra", "x");
            Assert.Equal("BW1803", (await Assert.ThrowsAsync<SigningException>(Verify)).Code);
        }

        Task<VerifiedModel> Verify() => ModelVerifier.VerifyAsync(model, copy["model.sig"], Trust(sample), new(), null, CancellationToken.None);
    }

    [DataFact]
    public async Task A_one_file_signature_does_not_verify_a_folder_nor_the_reverse()
    {
        string one = SharedData.PathOf("oms", "model-transparency", "v0.3.1-elliptic-key");
        Assert.Equal("BW1803", (await Assert.ThrowsAsync<SigningException>(() => ModelVerifier.VerifyAsync(
            one, Path.Combine(one, "model.sig"), Trust("v0.3.1-elliptic-key"), new(), null, CancellationToken.None))).Code);
        string folder = SharedData.PathOf("oms", "model-transparency", "v1.1.0-elliptic-key");
        Assert.Equal("BW1803", (await Assert.ThrowsAsync<SigningException>(() => ModelVerifier.VerifyAsync(
            Path.Combine(folder, "signme-1"), Path.Combine(folder, "model.sig"), Trust("v1.1.0-elliptic-key"), new(), null, CancellationToken.None))).Code);
    }

    [DataFact]
    public async Task Every_changed_bit_and_every_truncation_of_a_reference_bundle_is_refused_by_a_signing_error()
    {
        foreach (string sample in new[] { "v1.1.0-certificate", "v0.2.0-certificate", "v1.1.0-elliptic-key" })
        {
            string folder = SharedData.PathOf("oms", "model-transparency", sample);
            byte[] bundle = File.ReadAllBytes(Path.Combine(folder, "model.sig"));
            VerificationOptions options = new() { SignaturePath = Path.Combine(folder, "model.sig") };
            Random random = new(7);
            for (int i = 0; i < 40; i++)
            {
                byte[] changed = [.. bundle];
                int at = random.Next(bundle.Length);
                changed[at] ^= (byte)(1 << random.Next(8));
                await Assert.ThrowsAsync<SigningException>(() => ModelVerifier.VerifyAsync(folder, changed, Trust(sample), options, null, CancellationToken.None));
                await Assert.ThrowsAsync<SigningException>(() => ModelVerifier.VerifyAsync(folder, bundle.AsMemory(0, at), Trust(sample), options, null, CancellationToken.None));
            }
        }
    }

    internal static SigningTrust Trust(string sample) => sample.EndsWith("certificate", StringComparison.Ordinal)
        ? new SigningTrust { Roots = [X509CertificateLoader.LoadCertificateFromFile(Key("ca-cert.pem"))] }
        : SigningTrust.Of(VerificationKey.FromPem(File.ReadAllText(Key("signing-key-pub.pem"))));

    private static string Key(string name) => SharedData.PathOf("oms", "model-transparency", "keys", name);

    private static JsonDocument Vectors() => JsonDocument.Parse(File.ReadAllText(SharedData.PathOf("oms", "crafted", "vectors.json")));
}
