using System.Text;
using Bulwark.Storage;

namespace Bulwark.Aws.Buckets;

/// <summary>Object keys: what S3 takes, less what clients would turn into another key on its way.</summary>
internal static class S3Name
{
    private const int MaxBytes = 1024;
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Refuses a name.</summary>
    /// <exception cref="StorageException">BW1002.</exception>
    public static void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Fault(name) is { } fault)
            throw StorageException.BadName(Printable(name), fault);
    }

    /// <summary>Refuses the beginning of a name, which may be empty or end anywhere.</summary>
    /// <exception cref="StorageException">BW1002.</exception>
    public static void CheckPrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (TextFault(prefix) is { } fault)
            throw StorageException.BadName(Printable(prefix), fault);
    }

    /// <summary>What is wrong with a name; null when nothing is.</summary>
    public static string? Fault(string name)
    {
        if (name.Length == 0)
            return "it is empty";
        if (TextFault(name) is { } fault)
            return fault;
        if (name[0] == '/')
            return "it begins with '/'";
        foreach (Range part in name.AsSpan().Split('/'))
        {
            if (name.AsSpan(part) is "." or "..")
                return "it has a part '.' or '..'";
        }

        return null;
    }

    /// <summary>A name as it may be shown on a terminal.</summary>
    public static string Printable(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name.Length > MaxBytes ? name[..MaxBytes] + "..." : name)
        {
            if (char.IsControl(c))
                text.Append($"\\x{(int)c:x2}");
            else
                text.Append(c);
        }

        return text.ToString();
    }

    private static string? TextFault(string text)
    {
        foreach (char c in text)
        {
            if (char.IsControl(c))
                return "it has a control character";
        }

        try
        {
            return text.Length > MaxBytes || StrictUtf8.GetByteCount(text) > MaxBytes ? $"it has more than {MaxBytes} bytes of UTF-8" : null;
        }
        catch (EncoderFallbackException)
        {
            return "it is not valid Unicode";
        }
    }
}
