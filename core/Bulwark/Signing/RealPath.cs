namespace Bulwark.Signing;

/// <summary>Resolves every link of a path, as realpath(3) does.</summary>
internal static class RealPath
{
    /// <summary>More links than this in one path are taken for a loop, as Linux does (<c>MAXSYMLINKS</c>).</summary>
    private const int MaximumLinks = 40;

    /// <summary>The path without any link in it; null where the links do not end.</summary>
    public static string? Of(string path)
    {
        string full = Path.GetFullPath(path);
        string current = Path.GetPathRoot(full)!;
        Stack<string> pending = new();
        Push(pending, full[current.Length..]);
        int links = 0;
        while (pending.TryPop(out string? part))
        {
            if (part is "" or ".")
                continue;
            if (part == "..")
            {
                current = Path.GetDirectoryName(current) ?? current;
                continue;
            }

            string next = Path.Combine(current, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                current = next;
                continue;
            }

            if (++links > MaximumLinks)
                return null;
            if (Path.IsPathRooted(target))
                current = Path.GetPathRoot(target)!;
            Push(pending, Path.IsPathRooted(target) ? target[current.Length..] : target);
        }

        return current;
    }

    /// <summary>True when a resolved path is the folder itself or lies below it.</summary>
    public static bool IsWithin(string path, string folder) =>
        path == folder || path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static void Push(Stack<string> pending, string path)
    {
        string[] parts = path.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        for (int i = parts.Length - 1; i >= 0; i--)
            pending.Push(parts[i]);
    }
}
