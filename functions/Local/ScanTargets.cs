using Bulwark.Storage;

namespace Bulwark.Functions.Local;

/// <summary>The files that <c>scan</c> is to look at: those that were named, and those in the folders that were named, at any depth.</summary>
internal sealed class ScanTargets
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<ScanTarget> _files = [];
    private readonly List<ScanErrorDocument> _errors = [];

    /// <summary>The files, those of one folder in ordinal order of their paths.</summary>
    public IReadOnlyList<ScanTarget> Files => _files;

    /// <summary>Folders that could not be listed.</summary>
    public IReadOnlyList<ScanErrorDocument> Errors => _errors;

    /// <summary>Links in folders, which are not followed: they may lead anywhere, and back.</summary>
    public int Links { get; private set; }

    /// <summary>Finds them.</summary>
    /// <exception cref="StorageException">BW1001: a path leads to nothing.</exception>
    public static ScanTargets Find(IEnumerable<string> paths)
    {
        ScanTargets targets = new();
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
                targets.Walk(path);
            else if (path.Length > 0 && File.Exists(path))
                targets.Add(path, File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path, named: true);
            else
                throw StorageException.NotFound(path.Length == 0 ? "The path ''" : path);
        }

        return targets;
    }

    private void Add(string path, string file, bool named)
    {
        if (_seen.Add(Path.GetFullPath(file)))
            _files.Add(new ScanTarget(path, file, named));
    }

    private void Walk(string root)
    {
        List<string> found = [];
        Stack<string> folders = new([root]);
        while (folders.TryPop(out string? folder))
        {
            try
            {
                foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", Everything))
                {
                    string path = Path.Combine(folder, entry.Name);
                    if (entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                        Links++;
                    else if (entry is DirectoryInfo)
                        folders.Push(path);
                    else
                        found.Add(path);
                }
            }
            catch (UnauthorizedAccessException error)
            {
                _errors.Add(ScanErrorDocument.Of(folder, StorageException.AccessDenied(folder, error)));
            }
            catch (IOException error)
            {
                _errors.Add(ScanErrorDocument.Of(folder, StorageException.Failed(folder, error)));
            }
        }

        found.Sort(StringComparer.Ordinal);
        foreach (string path in found)
            Add(path, path, named: false);
    }
}

/// <summary>One file to scan.</summary>
/// <param name="Path">As people know it.</param>
/// <param name="File">Where it is; another path when the first is a link.</param>
/// <param name="Named">Named on the command line, not found in a folder.</param>
internal sealed record ScanTarget(string Path, string File, bool Named);
