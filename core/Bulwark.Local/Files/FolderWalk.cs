using System.Text;
using Bulwark.Storage;

namespace Bulwark.Local.Files;

/// <summary>
/// The regular files below a folder in ordinal order of their UTF-8 names, one level's names in memory at a time.
/// A folder sorts as its name with a <c>/</c>, which makes a depth-first walk come out in the order of whole names.
/// </summary>
internal sealed class FolderWalk
{
    private readonly string _container;
    private readonly string _prefix;
    private readonly Stack<Level> _levels = new();
    private StorageException? _leftOut;
    private bool _started;

    public FolderWalk(string container, string prefix)
    {
        _container = container;
        _prefix = prefix;
    }

    /// <summary>The next file, or null at the end.</summary>
    public ObjectRef? Next()
    {
        if (!_started)
        {
            _started = true;
            Push(FolderHandle.OpenContainer(_container, FolderUse.Read) ?? throw StorageException.NotFound($"The folder {_container}"), "");
        }

        while (_levels.TryPeek(out Level? level))
        {
            if (!level.Files.TryDequeue(out (string Name, FileFacts Facts) entry))
            {
                _levels.Pop();
                continue;
            }

            if (entry.Facts.Kind == FileKind.Regular)
                return FolderObjectStore.Reference(_container, entry.Name, entry.Facts);
            Descend(entry.Name);
        }

        return null;
    }

    /// <summary>Throws the first reason why something below the prefix is not among the files: BW1002 a name that no object can have, BW1007 a folder that may not be read.</summary>
    public void ThrowIfSomethingWasLeftOut()
    {
        if (_leftOut is not null)
            throw _leftOut;
    }

    /// <summary>Removes abandoned temporary files not written since a moment (nanoseconds since 1970).</summary>
    public static int Sweep(string container, long notSince, CancellationToken cancellationToken)
    {
        int removed = 0;
        string what = $"The folder {container}";
        using FolderHandle? folder = FolderHandle.OpenContainer(container, FolderUse.Read);
        if (folder is null)
            return 0;
        foreach (FolderEntry entry in folder.Entries(what).Where(e => e.IsUtf8 && TemporaryName.Is(e.Name)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (folder.Look(entry.Name, what) is not { Kind: FileKind.Regular } facts || facts.ModifiedNs > notSince)
                continue;
            using (folder.Lock(what, cancellationToken))
                removed += folder.RemoveIfAbandoned(entry.Name, what) ? 1 : 0;
        }

        return removed;
    }

    private static FolderHandle? Open(string container, string name)
    {
        if (name.Length == 0)
            return FolderHandle.OpenContainer(container, FolderUse.Read);

        // A folder whose name no object can have holds no temporary files of ours either.
        if (ObjectPath.TryParse($"{name}/x", out ObjectPath? path) is not null)
            return null;
        try
        {
            return FolderHandle.OpenParent(container, path!, FolderUse.Read);
        }
        catch (StorageException e) when (e.Code == "BW1008")
        {
            return null; // it was a folder a moment ago
        }
    }

    private static string Join(string folder, string leaf) => folder.Length == 0 ? leaf : $"{folder}/{leaf}";

    private void Descend(string name)
    {
        try
        {
            if (Open(_container, name) is { } folder)
                Push(folder, name);
        }
        catch (StorageException e) when (e.Code == "BW1007")
        {
            // One folder that is not for us must not hide those behind it.
            _leftOut ??= StorageException.AccessDenied($"The folder {_container}/{name}", e);
        }
    }

    private void Push(FolderHandle folder, string name)
    {
        using (folder)
        {
            string what = $"The folder {_container}/{name}";
            var found = new List<(string Name, FileFacts Facts, byte[] Key)>();
            foreach (FolderEntry entry in folder.Entries(what))
            {
                string whole = Join(name, entry.Name);
                if (TemporaryName.Is(entry.Name) || !MayMatch(whole))
                    continue;
                string? why = entry.IsUtf8 ? ObjectPath.TryParse(whole, out _) : "it is not UTF-8";
                if (why is not null)
                {
                    _leftOut ??= StorageException.BadName(ObjectPath.Printable(whole), why);
                    continue;
                }

                if (folder.Look(entry.Name, what) is not { Kind: FileKind.Regular or FileKind.Folder } facts)
                    continue;
                bool isFolder = facts.Kind == FileKind.Folder;
                if (isFolder || whole.StartsWith(_prefix, StringComparison.Ordinal))
                    found.Add((whole, facts, Encoding.UTF8.GetBytes(isFolder ? entry.Name + "/" : entry.Name)));
            }

            found.Sort((a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
            _levels.Push(new Level(new Queue<(string, FileFacts)>(found.Select(f => (f.Name, f.Facts)))));
        }
    }

    private bool MayMatch(string whole) =>
        whole.StartsWith(_prefix, StringComparison.Ordinal) || _prefix.StartsWith(whole + "/", StringComparison.Ordinal);

    private sealed record Level(Queue<(string Name, FileFacts Facts)> Files);
}
