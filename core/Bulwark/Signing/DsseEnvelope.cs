using System.Globalization;
using System.Text;

namespace Bulwark.Signing;

/// <summary>The Dead Simple Signing Envelope's encoding of what is signed.</summary>
/// <remarks>
/// <code>
/// PAE(type, body) = "DSSEv1" SP len(type) SP type SP len(body) SP body      lengths in bytes, ASCII decimal
/// </code>
/// Source: secure-systems-lab/dsse, protocol.md. Only in-toto statements are ever signed here.
/// </remarks>
internal static class DsseEnvelope
{
    /// <summary>The only payload type that is signed or accepted.</summary>
    public const string PayloadType = "application/vnd.in-toto+json";

    /// <summary>The bytes that the signature covers.</summary>
    public static byte[] PreAuthenticationEncoding(ReadOnlySpan<byte> payload)
    {
        byte[] head = Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {PayloadType.Length} {PayloadType} {payload.Length} "));
        return [.. head, .. payload];
    }
}
