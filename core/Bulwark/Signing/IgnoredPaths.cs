namespace Bulwark.Signing;

/// <summary>A set of paths below a model's root, each with everything under it.</summary>
internal sealed class IgnoredPaths(IEnumerable<string> paths)
{
    /// <summary>What git keeps beside a model; left out where it stands directly below the root, as the reference does.</summary>
    public static readonly IReadOnlyList<string> Git = [".git", ".gitattributes", ".github", ".gitignore"];

    private readonly HashSet<string> _paths = new(paths, StringComparer.Ordinal);

    /// <summary>True when the path itself is one of them.</summary>
    public bool Contains(string path) => _paths.Contains(path);

    /// <summary>True when the path or a folder above it is one of them.</summary>
    public bool Covers(string path)
    {
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = _paths.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (lookup.Contains(path.AsSpan(0, end)))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Brings paths that a person gave into the form of the format: relative to the model's root, <c>/</c>-separated.
    /// A rooted path must lie below the model.
    /// </summary>
    /// <exception cref="SigningException">BW1812: a path that cannot be ignored.</exception>
    public static List<string> Normalize(IEnumerable<string> given, string modelPath)
    {
        string root = Path.GetFullPath(modelPath);
        List<string> paths = [];
        foreach (string path in given)
        {
            string relative = Path.IsPathRooted(path) ? Path.GetRelativePath(root, path) : path;
            if (Path.DirectorySeparatorChar != '/')
                relative = relative.Replace(Path.DirectorySeparatorChar, '/');
            string name = string.Join('/', relative.Split('/').Where(part => part is not ("" or ".")));
            if (ModelPath.RefuseIgnored(name) is { } why)
                throw SigningException.BadOption($"The path '{path}' cannot be ignored", name.Length == 0 ? "it is the model itself" : why);
            paths.Add(name);
        }

        return paths;
    }
}
