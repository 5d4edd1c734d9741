using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Cms;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509.Extension;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>CiphertextForRecipient: a CMS EnvelopedData (RFC 5652) with AES-256-CBC, its key wrapped by RSAES-OAEP with SHA-256.</summary>
internal static class RecipientEnvelope
{
    public static byte[] Seal(byte[] attestationDocument, byte[] plaintext)
    {
        AsymmetricKeyParameter key;
        SubjectPublicKeyInfo info;
        try
        {
            byte[] der = AttestationDocument.PublicKeyOf(attestationDocument);
            info = SubjectPublicKeyInfo.GetInstance(der);
            key = PublicKeyFactory.CreateKey(info);
        }
        catch (Exception error) when (error is not KmsFault)
        {
            throw KmsFault.Validation("The public key of the attestation document is not an RSA key.");
        }

        CmsEnvelopedDataGenerator generator = new();
        byte[] keyId = X509ExtensionUtilities.CreateSubjectKeyIdentifier(info).GetKeyIdentifier();
        generator.AddRecipientInfoGenerator(new KeyTransRecipientInfoGenerator(keyId, new Asn1KeyWrapper("RSA/NONE/OAEPWITHSHA256ANDMGF1PADDING", key)));
        return generator.Generate(new CmsProcessableByteArray(plaintext), NistObjectIdentifiers.IdAes256Cbc).GetEncoded();
    }
}
