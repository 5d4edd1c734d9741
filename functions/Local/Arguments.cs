using System.CommandLine;
using System.Globalization;

namespace Bulwark.Functions.Local;

/// <summary>Arguments and options that several commands share, and how their text becomes values.</summary>
internal static class Arguments
{
    /// <summary>A path that must be given.</summary>
    public static Argument<string> Path(string name, string description) => new(name) { Description = description };

    /// <summary>Where refused models are copied to; the home folder's <c>quarantine</c> when it is not given.</summary>
    public static Option<string?> Quarantine() => new("--quarantine")
    {
        Description = "Folder for copies of refused models and what was found in them; 'quarantine' in the home folder (~/.bulwark) by default.",
        HelpName = "DIR",
    };

    /// <summary>Splits a path into the folder that is the container and the name in it.</summary>
    public static (string Container, string Name) Locate(string path)
    {
        if (string.IsNullOrEmpty(path))
            throw UsageException.BadOption("path", "it is empty", "Name a file.");
        string full = Absolute(path);
        string name = System.IO.Path.GetFileName(full);
        if (name.Length == 0)
            throw UsageException.BadOption(path, "it names a folder", "Name a file.");
        return (System.IO.Path.GetDirectoryName(full) ?? "/", name);
    }

    /// <summary>The absolute path of a folder, without a separator at its end.</summary>
    public static string Folder(string path)
    {
        if (string.IsNullOrEmpty(path))
            throw UsageException.BadOption("path", "it is empty", "Name a folder.");
        return System.IO.Path.TrimEndingDirectorySeparator(Absolute(path));
    }

    /// <summary>The absolute form of a path.</summary>
    public static string Absolute(string path)
    {
        try
        {
            return System.IO.Path.GetFullPath(path);
        }
        catch (FileNotFoundException)
        {
            throw UsageException.BadOption(path, "the working folder that it is relative to was removed", "Change into a folder that exists, or give an absolute path.");
        }
    }

    /// <summary>Whether a folder is another, or lies in it, whatever links lead there.</summary>
    public static bool IsInside(string folder, string outer) =>
        (Resolve(folder) + System.IO.Path.DirectorySeparatorChar).StartsWith(Resolve(outer) + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static string Resolve(string folder)
    {
        string? parent = System.IO.Path.GetDirectoryName(folder);
        if (parent is null)
            return folder;
        string path = System.IO.Path.Combine(Resolve(parent), System.IO.Path.GetFileName(folder));
        string? target = Directory.Exists(path) ? Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null;
        return target is null ? path : Resolve(target);
    }

    /// <summary>Reads OFFSET:LENGTH in bytes.</summary>
    public static (long Offset, long Length) Range(string text)
    {
        string[] parts = text.Split(':');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long length)
                ? (offset, length)
                : throw UsageException.BadOption("--range", $"'{text}' is not OFFSET:LENGTH", "Give two whole numbers of bytes, such as 0:4096.");
    }

    /// <summary>A size for people.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]} ({bytes:N0} bytes)");
    }
}
