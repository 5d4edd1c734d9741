using System.Text;
using Bulwark.Storage;

namespace Bulwark.Local.Files;

/// <summary>An object's name that was checked: it can name nothing outside its container.</summary>
internal sealed class ObjectPath
{
    /// <summary>Longest name in bytes of UTF-8 (Linux: PATH_MAX).</summary>
    public const int MaxBytes = 4096;

    /// <summary>Longest part in bytes of UTF-8 (NAME_MAX of every common file system).</summary>
    public const int MaxPartBytes = 255;

    /// <summary>Most parts a name may have.</summary>
    public const int MaxParts = 256;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private ObjectPath(string name, string[] parts)
    {
        Name = name;
        Folders = new ArraySegment<string>(parts, 0, parts.Length - 1);
        Leaf = parts[^1];
    }

    /// <summary>The whole name.</summary>
    public string Name { get; }

    /// <summary>The folders on the way.</summary>
    public ArraySegment<string> Folders { get; }

    /// <summary>The last part.</summary>
    public string Leaf { get; }

    /// <summary>Checks a name. Throws BW1002 when it is refused.</summary>
    public static ObjectPath Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryParse(name, out ObjectPath? path) is { } why ? throw StorageException.BadName(Printable(name), why) : path!;
    }

    /// <summary>Checks a name. Returns why it is refused, or null when it is good.</summary>
    public static string? TryParse(string name, out ObjectPath? path)
    {
        path = null;
        if (name.Length == 0)
            return "it is empty";
        if (name.Length > MaxBytes)
            return $"it is longer than {MaxBytes} bytes";
        if (name[0] == '/')
            return "it is absolute";
        foreach (char c in name)
        {
            if (char.IsControl(c))
                return "it has a control character";
            if (c == '\\')
                return "it has a backslash";
        }

        string[] parts = name.Split('/');
        if (parts.Length > MaxParts)
            return $"it has more than {MaxParts} parts";
        int total = parts.Length - 1;
        foreach (string part in parts)
        {
            if (WhyRefused(part, out int bytes) is { } why)
                return why;
            total += bytes;
        }

        if (total > MaxBytes)
            return $"it is longer than {MaxBytes} bytes";
        path = new ObjectPath(name, parts);
        return null;
    }

    /// <summary>Checks that a container is an absolute path. Throws BW1002.</summary>
    public static void CheckContainer(string container)
    {
        ArgumentNullException.ThrowIfNull(container);
        if (container.Contains('\0', StringComparison.Ordinal) || !Path.IsPathFullyQualified(container))
            throw StorageException.BadName(Printable(container), "a folder store's container is the absolute path of a folder");
    }

    /// <summary>The object as a URL-like text for errors.</summary>
    public string Display(string container) => $"file://{container}/{Name}";

    /// <summary>A refused name for an error message, which goes to a terminal or a log: without control characters, and short.</summary>
    public static string Printable(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, 200)))
        {
            if (char.IsControl(c) || char.IsSurrogate(c))
                text.Append("\\u").Append(((int)c).ToString("x4", System.Globalization.CultureInfo.InvariantCulture));
            else
                text.Append(c);
        }

        return name.Length > 200 ? text.Append("...").ToString() : text.ToString();
    }

    private static string? WhyRefused(string part, out int bytes)
    {
        bytes = 0;
        if (part.Length == 0)
            return "it has an empty part";
        if (part is "." or "..")
            return $"it has the part '{part}'";
        if (TemporaryName.Is(part))
            return "names of that form are kept for files that are being written";
        if (!OperatingSystem.IsLinux() && part.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) >= 0)
            return "this system does not allow one of its characters";
        try
        {
            bytes = StrictUtf8.GetByteCount(part);
        }
        catch (EncoderFallbackException)
        {
            return "it is not valid Unicode";
        }

        return bytes > MaxPartBytes ? $"a part is longer than {MaxPartBytes} bytes" : null;
    }
}
