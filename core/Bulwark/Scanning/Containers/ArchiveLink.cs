using Bulwark.Models.Zip;

namespace Bulwark.Scanning.Containers;

/// <summary>Judges where a link in an archive leads.</summary>
internal static class ArchiveLink
{
    /// <summary>The rule that a symbolic link breaks.</summary>
    /// <param name="name">The link's name.</param>
    /// <param name="target">What it points to, seen from its folder.</param>
    public static ScanRule Judge(string name, string target)
    {
        if (target.Length == 0 || ArchiveName.Judge(target) is (ZipFaultKind.AbsoluteName, _))
            return ContainerRules.LinkOut;
        int depth = name.Split('/', StringSplitOptions.RemoveEmptyEntries).Count(p => p != ".") - 1;
        foreach (string part in target.Split('/', '\\'))
        {
            depth += part switch { "" or "." => 0, ".." => -1, _ => 1 };
            if (depth < 0)
                return ContainerRules.LinkOut;
        }

        return ContainerRules.Link;
    }
}
