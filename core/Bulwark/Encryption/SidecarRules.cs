using System.Buffers;

namespace Bulwark.Encryption;

/// <summary>What must hold for the values of a sidecar, beyond their types.</summary>
internal static class SidecarRules
{
    private const int MaximumWrappedLength = 16 * 1024;
    private const int MaximumKeyInfo = 1000;
    private const int DigestDigits = 64;
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>Refuses values out of bounds.</summary>
    /// <exception cref="EncryptionException">BW1908, BW1910, BW1914.</exception>
    public static void Check(EnvelopeSidecar sidecar)
    {
        if (sidecar.Format != EnvelopeSidecar.FormatName || sidecar.Version != EnvelopeSidecar.FormatVersion)
            throw EncryptionException.UnknownVersion($"{sidecar.Version}");
        Require(sidecar.PlaintextSize >= 0, "plaintextSize is negative");
        RequireHex(sidecar.PlaintextSha256, DigestDigits, "plaintextSha256");
        RequireHex(sidecar.KeyCommitment, DigestDigits, "keyCommitment");
        Require(sidecar.Header is { Length: 48 or 80 }, "header does not have 24 or 40 bytes");
        RequireHex(sidecar.Header, sidecar.Header.Length, "header");
        int headerLength = sidecar.Header.Length / 2;
        Require(sidecar.HeaderBytes[0] == headerLength, "header does not begin with its length");
        Require(sidecar.SegmentSize > headerLength + SegmentLayout.TagLength, "segmentSize is too small");
        EnvelopeSidecar.EncodeAssociatedData(sidecar.AssociatedData);
        Require(sidecar.Wraps.Count is > 0 and <= EnvelopeSidecar.MaximumWraps, $"it holds {sidecar.Wraps.Count} wraps; 1 to {EnvelopeSidecar.MaximumWraps} are allowed");
        _ = sidecar.CiphertextSize;
        HashSet<string> names = [];
        foreach (KeysetWrap wrap in sidecar.Wraps)
        {
            Require(wrap is not null, "a wrap is null");
            Require(wrap!.KeyUri.Length is > 0 and <= EnvelopeSidecar.MaximumKeyUriLength && IsPrintable(wrap.KeyUri), "a wrap's keyUri is empty, too long or not printable");
            Require(wrap.Provider.Length is > 0 and <= 64 && IsPrintable(wrap.Provider), "a wrap's provider is empty, too long or not printable");
            EnvelopeSidecar.EncodeAssociatedData(wrap.AssociatedData);
            Require(wrap.EncryptedKeyset.Ciphertext.Length is > 0 and <= MaximumWrappedLength, "an encrypted keyset is empty or too long");
            Require(wrap.EncryptedKeyset.Info is null or { KeyInfo.Count: <= MaximumKeyInfo }, "a keysetInfo names too many keys");
            Require(names.Add(wrap.KeyUri), "two wraps name the same key");
        }
    }

    private static bool IsPrintable(string text) => text.All(c => c is > ' ' and < '\x7f');

    private static void RequireHex(string value, int digits, string member) =>
        Require(value.Length == digits && !value.AsSpan().ContainsAnyExcept(LowerHex), $"{member} is not {digits} lowercase hex digits");

    private static void Require(bool condition, string why)
    {
        if (!condition)
            throw EncryptionException.MalformedSidecar(why);
    }
}
