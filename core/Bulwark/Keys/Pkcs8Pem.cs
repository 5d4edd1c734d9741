using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Security;

namespace Bulwark.Keys;

/// <summary>PKCS#8 <c>PRIVATE KEY</c> PEM for the kinds of key that .NET's own classes do not read here.</summary>
internal static class Pkcs8Pem
{
    private const string Label = "PRIVATE KEY";
    private const int MaximumLength = 64 * 1024;

    /// <summary>Reads the first PEM block.</summary>
    /// <exception cref="KeyException">BW1201: no such block, or its DER is broken.</exception>
    public static AsymmetricKeyParameter Read(ReadOnlySpan<char> pem)
    {
        if (pem.Length > MaximumLength || !PemEncoding.TryFind(pem, out PemFields fields) || !pem[fields.Label].SequenceEqual(Label))
            throw KeyException.Malformed("The private key", $"it is no unencrypted '{Label}' PEM");
        byte[] der = new byte[fields.DecodedDataLength];
        try
        {
            Convert.TryFromBase64Chars(pem[fields.Base64Data], der, out _);
            return PrivateKeyFactory.CreateKey(der);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or IOException or GeneralSecurityException)
        {
            throw KeyException.Malformed("The private key", "its encoding is broken", error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
        }
    }

    /// <summary>Writes the DER as PEM with a trailing newline, and zeroes the DER.</summary>
    public static char[] Write(byte[] der)
    {
        try
        {
            char[] pem = new char[PemEncoding.GetEncodedSize(Label.Length, der.Length) + 1];
            if (!PemEncoding.TryWrite(Label, der, pem, out int written))
                throw new CryptographicException("The PEM did not fit its own size.");
            pem[written] = '\n';
            return pem;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
        }
    }
}
