namespace Bulwark.Functions.Aws.Runtime;

/// <summary>X-Ray's trace header as W3C's.</summary>
internal static class XRayTrace
{
    private const int TimeDigits = 8;
    private const int UniqueDigits = 24;
    private const int ParentDigits = 16;

    /// <summary>
    /// <c>Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1</c> becomes
    /// <c>00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01</c>; null for anything else.
    /// </summary>
    public static string? ToTraceParent(string? header)
    {
        string? root = null, parent = null;
        bool sampled = false;
        foreach (string part in (header ?? "").Split(';', StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith("Root=1-", StringComparison.Ordinal))
                root = part[7..];
            else if (part.StartsWith("Parent=", StringComparison.Ordinal))
                parent = part[7..];
            else if (part == "Sampled=1")
                sampled = true;
        }

        return root?.Length == TimeDigits + 1 + UniqueDigits && root[TimeDigits] == '-' && IsHex(root[..TimeDigits]) && IsHex(root[(TimeDigits + 1)..])
            && parent?.Length == ParentDigits && IsHex(parent)
            ? $"00-{root[..TimeDigits]}{root[(TimeDigits + 1)..]}-{parent}-{(sampled ? "01" : "00")}"
            : null;
    }

    private static bool IsHex(string text) => text.All(char.IsAsciiHexDigitLower);
}
