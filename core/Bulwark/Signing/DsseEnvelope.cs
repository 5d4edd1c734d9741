using System.Globalization;
using System.Text;

namespace Bulwark.Signing;

/// <summary>The Dead Simple Signing Envelope's encoding of what is signed.</summary>
/// <remarks>
/// <code>
/// PAE(type, body)    = "DSSEv1" SP len(type) SP type SP len(body) SP body            lengths in bytes, ASCII decimal
/// PAE-0.2(type, body)= "DSSEV1" SP len(type) SP type SP len(body) SP repr(body)      repr as CPython writes bytes: b'…'
/// </code>
/// Source: secure-systems-lab/dsse, protocol.md. The second is what sigstore/model-transparency 0.2 signed by mistake
/// (<c>pae_compat</c>); it counts for that version's own statements and for nothing else. Only in-toto statements are signed here.
/// </remarks>
internal static class DsseEnvelope
{
    /// <summary>The only payload type that is signed or accepted.</summary>
    public const string PayloadType = "application/vnd.in-toto+json";

    /// <summary>Longest payload for which the encoding of version 0.2 is tried, in bytes.</summary>
    public const int MaximumLegacyPayload = 4 << 20;

    /// <summary>The bytes that the signature covers.</summary>
    public static byte[] PreAuthenticationEncoding(ReadOnlySpan<byte> payload) => [.. Head("DSSEv1", payload.Length), .. payload];

    /// <summary>The bytes that a signature of version 0.2 covers.</summary>
    public static byte[] LegacyPreAuthenticationEncoding(ReadOnlySpan<byte> payload)
    {
        // CPython quotes with ' unless the bytes hold a ' and no ".
        char quote = payload.Contains((byte)'\'') && !payload.Contains((byte)'"') ? '"' : '\'';
        StringBuilder text = new(payload.Length + (payload.Length / 8) + 8);
        text.Append('b').Append(quote);
        foreach (byte b in payload)
        {
            _ = b switch
            {
                (byte)'\\' => text.Append(@"\\"),
                (byte)'\t' => text.Append(@"\t"),
                (byte)'\n' => text.Append(@"\n"),
                (byte)'\r' => text.Append(@"\r"),
                _ when b == quote => text.Append('\\').Append(quote),
                < 0x20 or >= 0x7f => text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}"),
                _ => text.Append((char)b),
            };
        }

        text.Append(quote);
        return [.. Head("DSSEV1", payload.Length), .. Encoding.ASCII.GetBytes(text.ToString())];
    }

    private static byte[] Head(string version, int length) => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{version} {PayloadType.Length} {PayloadType} {length} "));
}
