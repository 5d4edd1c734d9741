namespace Bulwark.Signing;

/// <summary>A model on disk: one file, or a folder with what is below it.</summary>
internal sealed class ModelTree
{
    private readonly string _root;
    private readonly string _boundary;
    private readonly bool _allowLinks;

    private ModelTree(string subject, string root, bool isFile, FileFacts facts, bool allowLinks, string boundary)
    {
        Subject = subject;
        _root = root;
        IsFile = isFile;
        Facts = facts;
        _allowLinks = allowLinks;
        _boundary = boundary;
    }

    /// <summary>The last part of the path that was given.</summary>
    public string Subject { get; }

    /// <summary>True for a model that is one file.</summary>
    public bool IsFile { get; }

    private FileFacts Facts { get; }

    /// <summary>Finds the model.</summary>
    /// <exception cref="SigningException">BW1808: neither a file nor a folder. BW1809: it is not there.</exception>
    public static ModelTree Locate(string path, bool allowLinks, string? boundary)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string subject = Path.GetFileName(full) is { Length: > 0 } name ? name : full;
        if (ModelPath.Refuse(subject) is { } why && subject != full)
            throw SigningException.NotAPlainFile(subject, $"cannot be the name of a model: {why}");
        FileFacts facts = PlainFile.Look(full, path) ?? throw SigningException.Unreadable(path, new FileNotFoundException("There is no such file or folder."));
        if (facts.Kind == FileKind.Link && !allowLinks)
            throw SigningException.NotAPlainFile(path, "is a symbolic link");
        string root = RealPath.Of(full) ?? throw SigningException.NotAPlainFile(path, "is a loop of symbolic links");
        facts = PlainFile.Look(root, path) ?? throw SigningException.NotAPlainFile(path, "is a symbolic link to nothing");
        bool isFile = facts.Kind == FileKind.Regular;
        if (!isFile && facts.Kind != FileKind.Folder)
            throw SigningException.NotAPlainFile(path, Words(facts.Kind));
        string within = boundary is null ? root : RealPath.Of(boundary) ?? throw SigningException.BadOption($"Links cannot be bounded by '{boundary}'", "it is a loop of links");
        return new ModelTree(subject, root, isFile, facts, allowLinks, within);
    }

    /// <summary>The name that a file outside or inside would have in this model; null outside.</summary>
    public string? NameOf(string? path)
    {
        if (path is null)
            return null;
        string full = Path.GetFullPath(path);
        if (Path.GetDirectoryName(full) is not { } folder || RealPath.Of(folder) is not { } realFolder)
            return null;
        string real = Path.Combine(realFolder, Path.GetFileName(full));
        if (IsFile)
            return real == _root ? throw SigningException.BadOption($"The signature cannot be '{path}'", "it is the model itself") : null;
        return RealPath.IsWithin(real, _root) && real != _root ? Path.GetRelativePath(_root, real).Replace(Path.DirectorySeparatorChar, '/') : null;
    }

    /// <summary>
    /// Everything below the root that is not a folder, in no order. What cannot be signed is listed with the reason, a folder of a name
    /// that cannot be told apart from another's included; what stands on an ignored path is not looked at.
    /// </summary>
    /// <exception cref="SigningException">BW1809: a folder cannot be read. BW1813: there is too much.</exception>
    public IEnumerable<ModelEntry> Walk(IgnoredPaths ignored, CancellationToken cancellationToken)
    {
        if (IsFile)
        {
            yield return new ModelEntry(ModelPath.WholeModel, _root, Facts);
            yield break;
        }

        int count = 0;
        Stack<(string Path, string Prefix)> folders = new([(_root, "")]);
        while (folders.TryPop(out (string Path, string Prefix) folder))
        {
            foreach (string leaf in Leaves(folder.Path, folder.Prefix))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (++count > ModelManifest.MaximumResources)
                    throw SigningException.TooLarge($"'{Subject}'", $"it has more than {ModelManifest.MaximumResources} files and folders");
                string name = folder.Prefix + leaf;
                string path = Path.Combine(folder.Path, leaf);
                if (ignored.Contains(name))
                    continue;
                // The shown name need not be the one on disk: looking under it, one would see another folder, or none, and take it for this one.
                FileFacts? facts = ModelPath.Refuse(leaf) is null ? PlainFile.Look(path, name) : null;
                if (facts is { Kind: FileKind.Folder })
                    folders.Push((path, name + "/"));
                else
                    yield return Judge(name, path, facts);
            }
        }
    }

    private ModelEntry Judge(string name, string path, FileFacts? facts)
    {
        if (ModelPath.Refuse(name) is not null)
            return new ModelEntry(name, path, facts ?? default) { Refusal = "has a name that is not valid UTF-8, or not portable" };
        if (facts is not { } seen)
            throw SigningException.Changed(name);
        if (seen.Kind != FileKind.Link)
            return new ModelEntry(name, path, seen) { Refusal = seen.Kind == FileKind.Regular ? null : Words(seen.Kind) };
        if (!_allowLinks)
            return new ModelEntry(name, path, seen) { Refusal = Words(seen.Kind) };
        if (RealPath.Of(path) is not { } target)
            return new ModelEntry(name, path, seen) { Refusal = "is a loop of symbolic links" };
        if (!RealPath.IsWithin(target, _boundary))
            return new ModelEntry(name, path, seen) { Refusal = "is a symbolic link that leads out of the model" };
        FileFacts? real = PlainFile.Look(target, name);
        return new ModelEntry(name, target, real ?? seen)
        {
            Refusal = real?.Kind switch
            {
                FileKind.Regular => null,
                FileKind.Folder => "is a symbolic link to a folder, whose files no tool would cover",
                null => "is a symbolic link to nothing",
                { } kind => $"is a symbolic link to something that {Words(kind)}",
            },
        };
    }

    private static List<string> Leaves(string folder, string prefix)
    {
        try
        {
            // One more than may be there, so that a folder without end is noticed before it fills the memory.
            return [.. Directory.EnumerateFileSystemEntries(folder, "*", new EnumerationOptions
            {
                AttributesToSkip = FileAttributes.None,
                IgnoreInaccessible = false,
                RecurseSubdirectories = false,
                MatchType = MatchType.Simple,
            }).Take(ModelManifest.MaximumResources + 1).Select(path => Path.GetFileName(path))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw SigningException.Unreadable(prefix.Length == 0 ? folder : prefix, error);
        }
    }

    private static string Words(FileKind kind) => kind switch
    {
        FileKind.Link => "is a symbolic link",
        FileKind.Device => "is a device",
        FileKind.Pipe => "is a named pipe",
        FileKind.Socket => "is a socket",
        _ => "is not a regular file",
    };
}
