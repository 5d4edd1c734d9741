using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Bulwark.Keys;
using Org.BouncyCastle.X509;

namespace Bulwark.Signing;

/// <summary>Decides whether a bundle's certificates lead to a trusted root and may sign models.</summary>
/// <remarks>
/// As the reference: the chain is built from the bundle's other certificates and the given roots, at the leaf's notBefore unless a time is
/// given; the leaf must have key usage digitalSignature or extended key usage codeSigning; no revocation, no network. Stricter: an extended
/// key usage without codeSigning refuses (a web server's certificate, or one from an authority for web servers, must not sign models), so does a root inside the bundle,
/// so do MD5 and SHA-1, and an extension that stands twice; and an identity can be demanded. That the leaf calls itself an authority says
/// nothing: the reference's own samples do, and what may sign is said by its key usage.
/// </remarks>
internal static class CertificateTrust
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";
    private const string AnyPurpose = "2.5.29.37.0";
    private const string AlternativeNamesOid = "2.5.29.17";

    // RFC 8017 and RFC 3279: md2, md5 and sha1 with RSA; DSA and ECDSA with SHA-1; OIW's sha1 with RSA.
    private static readonly IReadOnlyList<string> ForgeableSignatures =
        ["1.2.840.113549.1.1.2", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10040.4.3", "1.2.840.10045.4.1", "1.3.14.3.2.29"];

    /// <summary>Verifies a chain and returns the leaf's key and identity.</summary>
    /// <exception cref="SigningException">BW1801, BW1804, BW1805, BW1806.</exception>
    public static (VerificationKey Key, SignerIdentity Identity) Verify(string what, IReadOnlyList<byte[]> der, SigningTrust trust)
    {
        List<X509Certificate2> certificates = [];
        try
        {
            foreach (byte[] certificate in der)
                certificates.Add(Load(what, certificate));
            X509Certificate2 leaf = certificates[0];
            certificates.ForEach(certificate => CheckForm(what, certificate));
            if (certificates.Any(IsRoot))
                throw SigningException.Malformed(what, "it brings its own root certificate, which proves nothing");
            CheckChain(what, certificates, trust);
            CheckUsage(what, leaf);
            SignerIdentity identity = IdentityOf(leaf);
            if (trust.ExpectedIdentity is { } expected && identity.Subject != expected && !identity.AlternativeNames.Contains(expected, StringComparer.Ordinal))
                throw SigningException.UnexpectedIdentity(what, expected, string.Join("', '", identity.AlternativeNames.Prepend(identity.Subject)));
            return (KeyOf(what, leaf), identity);
        }
        catch (Exception error) when (error is CryptographicException or AsnContentException or ArgumentException or InvalidOperationException or OverflowException)
        {
            throw SigningException.UntrustedCertificate(what, "it cannot be read", error);
        }
        finally
        {
            certificates.ForEach(certificate => certificate.Dispose());
        }
    }

    /// <summary>Refuses a leaf that a verifier would refuse.</summary>
    /// <exception cref="SigningException">BW1805.</exception>
    public static void CheckUsage(string what, X509Certificate2 leaf)
    {
        X509KeyUsageExtension? usage = leaf.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault();
        bool? codeSigning = MaySignCode(leaf);
        bool digitalSignature = usage is not null && usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature);
        if (codeSigning == false)
            throw SigningException.UntrustedCertificate(what, "it was issued for another purpose than signing code");
        if (!digitalSignature && codeSigning is null)
            throw SigningException.UntrustedCertificate(what, "it was not issued for signatures");
    }

    /// <summary>Whether the extended key usage allows signing code; null for a certificate without one.</summary>
    private static bool? MaySignCode(X509Certificate2 certificate) => certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault()
        ?.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value is CodeSigning or AnyPurpose);

    // What the usual chain builders let pass: a hash under which certificates were forged, and a second extension that one reader sees and another does not.
    private static void CheckForm(string what, X509Certificate2 certificate)
    {
        if (ForgeableSignatures.Contains(certificate.SignatureAlgorithm.Value))
            throw SigningException.UntrustedCertificate(what, "a certificate in its chain is signed with MD5 or SHA-1, under which others can be forged");
        if (certificate.Extensions.DistinctBy(extension => extension.Oid?.Value, StringComparer.Ordinal).Count() != certificate.Extensions.Count)
            throw SigningException.UntrustedCertificate(what, "a certificate in its chain has one extension twice");
    }

    /// <summary>True for a certificate that signed itself; one that merely bears its issuer's name is none.</summary>
    public static bool IsRoot(X509Certificate2 certificate)
    {
        if (!certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
            return false;
        try
        {
            Org.BouncyCastle.X509.X509Certificate parsed = new X509CertificateParser().ReadCertificate(certificate.RawData);
            return parsed.IsSignatureValid(parsed.GetPublicKey());
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Whatever else the parser trips over: what it cannot verify, the chain builder has to, against the roots that are trusted.
            return false;
        }
    }

    private static X509Certificate2 Load(string what, byte[] der)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException error)
        {
            throw SigningException.Malformed(what, "a certificate in it cannot be read", error);
        }

        if (certificate.RawData.AsSpan().SequenceEqual(der))
            return certificate;
        certificate.Dispose();
        throw SigningException.Malformed(what, "a certificate in it is not plain DER");
    }

    private static void CheckChain(string what, List<X509Certificate2> certificates, SigningTrust trust)
    {
        using X509Chain chain = new();
        X509ChainPolicy policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = trust.CertificatesValidAt?.LocalDateTime ?? certificates[0].NotBefore;
        policy.VerificationTimeIgnored = false;
        foreach (X509Certificate2 root in trust.Roots)
            (IsRoot(root) ? policy.CustomTrustStore : policy.ExtraStore).Add(root);
        foreach (X509Certificate2 intermediate in certificates.Skip(1))
            policy.ExtraStore.Add(intermediate);
        if (policy.CustomTrustStore.Count == 0)
            throw SigningException.UntrustedCertificate(what, "no root certificate was named");
        bool good = chain.Build(certificates[0]);
        bool elsewhere = chain.ChainElements.Skip(1).SkipLast(1).Any(authority => MaySignCode(authority.Certificate) == false);
        string why = string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')).Distinct(StringComparer.Ordinal));
        foreach (X509ChainElement element in chain.ChainElements)
            element.Certificate.Dispose();
        if (!good)
            throw SigningException.UntrustedCertificate(what, why.Length > 0 ? why : "its chain is not valid");
        if (elsewhere)
            throw SigningException.UntrustedCertificate(what, "an authority in its chain may certify for other purposes than signing code only");
    }

    private static VerificationKey KeyOf(string what, X509Certificate2 leaf)
    {
        try
        {
            return VerificationKey.FromCertificate(leaf);
        }
        catch (Keys.KeyException error)
        {
            throw SigningException.UnsupportedKey($"The certificate of {what}", error.Message);
        }
    }

    private static SignerIdentity IdentityOf(X509Certificate2 leaf)
    {
        List<string> names = [];
        foreach (X509Extension extension in leaf.Extensions)
        {
            if (extension.Oid?.Value != AlternativeNamesOid)
                continue;
            AsnReader list = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (list.HasData)
            {
                // RFC 5280, GeneralName: [1] mail, [2] DNS, [6] URI, each an IA5String.
                Asn1Tag tag = list.PeekTag();
                if (tag.TagClass == TagClass.ContextSpecific && tag.TagValue is 1 or 2 or 6)
                    names.Add(list.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                else
                    list.ReadEncodedValue();
            }
        }

        return new SignerIdentity(
            leaf.Subject, names, leaf.Issuer, Convert.ToHexStringLower(SHA256.HashData(leaf.RawData)), leaf.NotBefore.ToUniversalTime(), leaf.NotAfter.ToUniversalTime());
    }
}
