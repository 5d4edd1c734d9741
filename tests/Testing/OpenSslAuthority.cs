namespace Bulwark.Testing;

/// <summary>A certificate authority run by the <c>openssl</c> program: certificates as other people make them. Use with [ProgramFact("openssl")].</summary>
public sealed class OpenSslAuthority : IDisposable
{
    /// <summary>Extensions of an authority's own certificate.</summary>
    public const string Authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign";

    /// <summary>Extensions of a certificate for signing.</summary>
    public const string Signer = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectAltName=email:ml@example.org,URI:https://example.org/ci";

    private readonly string _folder = Directory.CreateTempSubdirectory("bulwark-authority-").FullName;

    /// <summary>Prepares the authority's books.</summary>
    public OpenSslAuthority()
    {
        File.WriteAllText(this["index.txt"], "");
        File.WriteAllText(this["ca.cnf"], $"""
            [ca]
            default_ca = books
            [books]
            database = {this["index.txt"]}
            new_certs_dir = {_folder}
            unique_subject = no
            rand_serial = yes
            policy = any
            [any]
            commonName = supplied
            [req]
            distinguished_name = any_name
            [any_name]
            """);
    }

    /// <summary>A path in the authority's folder.</summary>
    public string this[string name] => Path.Combine(_folder, name);

    /// <summary>Makes a private key, PKCS#8 PEM in NAME.key, and its public half in NAME.pub.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind">An EC curve, <c>RSA</c> or <c>ED25519</c>.</param>
    /// <returns>The path of NAME.key.</returns>
    public string Key(string name, string kind = "P-256")
    {
        string[] options = kind switch
        {
            "RSA" => ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            "ED25519" => ["-algorithm", "ED25519"],
            _ => ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + kind],
        };
        Shell.Run("openssl", ["genpkey", .. options, "-out", this[name + ".key"]]);
        Shell.Run("openssl", "pkey", "-in", this[name + ".key"], "-pubout", "-out", this[name + ".pub"]);
        return this[name + ".key"];
    }

    /// <summary>Makes a key and a certificate for it, in NAME.crt.</summary>
    /// <param name="name">Its name, also the subject's common name.</param>
    /// <param name="issuer">Who signs it; null for the key itself.</param>
    /// <param name="extensions">Lines of an OpenSSL extension section.</param>
    /// <param name="kind">The kind of key.</param>
    /// <param name="from">First day, as YYYYMMDD.</param>
    /// <param name="until">Last day.</param>
    /// <param name="hash">The hash of the issuer's signature.</param>
    /// <returns>The path of NAME.crt.</returns>
    public string Certify(
        string name, string? issuer, string extensions, string kind = "P-256", string from = "20190101", string until = "20990101", string hash = "sha256")
    {
        string key = Key(name, kind);
        File.WriteAllText(this[name + ".ext"], extensions + "\n");
        Shell.Run("openssl", "req", "-new", "-config", this["ca.cnf"], "-key", key, "-subj", "/CN=" + name, "-out", this[name + ".csr"]);
        string[] by = issuer is null ? ["-selfsign", "-keyfile", key] : ["-cert", this[issuer + ".crt"], "-keyfile", this[issuer + ".key"]];
        Shell.Run(
            "openssl",
            [
                "ca", "-batch", "-config", this["ca.cnf"], "-notext", "-md", hash, "-in", this[name + ".csr"], "-out", this[name + ".crt"],
                "-extfile", this[name + ".ext"], "-startdate", from + "000000Z", "-enddate", until + "000000Z", .. by,
            ]);
        return this[name + ".crt"];
    }

    /// <summary>Signs a message with NAME.key: DER for EC keys.</summary>
    public byte[] Sign(string name, byte[] message, string hash)
    {
        File.WriteAllBytes(this["message"], message);
        Shell.Run("openssl", "dgst", "-" + hash, "-sign", this[name + ".key"], "-out", this["signature"], this["message"]);
        return File.ReadAllBytes(this["signature"]);
    }

    /// <inheritdoc />
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
