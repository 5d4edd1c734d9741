using System.Text;
using Bulwark.Keys;
using Bulwark.Local.Files;

namespace Bulwark.Local.KeyFiles;

/// <summary>
/// Keys of one kind in one folder: a file <c>ID.EXTENSION</c> for each, and a file <c>current</c> that names the one in use.
/// A new key's file is written first and the pointer is swung after it, under the folder's lock, so that a crash or a second
/// process leaves either the old key or the new one in use, and never loses a key.
/// </summary>
/// <param name="home">Where the folder is.</param>
/// <param name="folderName">Name of the folder.</param>
/// <param name="extension">Extension of the key files, with its dot.</param>
/// <param name="generate">Makes a key file's content.</param>
/// <param name="idOf">Derives the id from a key; throws BW1201 when it is none.</param>
internal sealed class KeySeries(KeyHome home, string folderName, string extension, Func<byte[]> generate, Func<KeyFile, string> idOf)
{
    private const string Pointer = "current";
    private const int IdLength = 16;

    private string FolderPath => Path.Combine(home.Folder, folderName);

    /// <summary>The key in use. Null when there is none and none is to be made.</summary>
    public KeyFile? Current(bool make)
    {
        using FolderHandle? folder = home.Open(folderName, make);
        if (folder is null)
            return null;
        string? id = ReadPointer(folder) ?? Settle(folder, make);
        return id is null ? null : ReadKey(folder, id);
    }

    /// <summary>Every key with its id, the one in use first, then the youngest first. Dispose each.</summary>
    public List<(string Id, KeyFile File)> All()
    {
        var all = new List<(string Id, KeyFile File)>();
        using FolderHandle? folder = home.Open(folderName, make: false);
        if (folder is null || (ReadPointer(folder) ?? Settle(folder, make: false)) is not { } current)
            return all;
        try
        {
            foreach (string id in Ids(folder))
                all.Add((id, ReadKey(folder, id)));
            if (!all.Exists(k => k.Id == current))
                throw KeyException.NotFound(PathOf(current));
            return [.. all.OrderByDescending(k => k.Id == current).ThenByDescending(k => k.File.Created).ThenBy(k => k.Id, StringComparer.Ordinal)];
        }
        catch
        {
            all.ForEach(k => k.File.Dispose());
            throw;
        }
    }

    /// <summary>Makes a new key and puts it in use; the old ones stay.</summary>
    public void Rotate(CancellationToken cancellationToken)
    {
        using FolderHandle folder = home.Open(folderName, make: true)!;
        using IDisposable _ = folder.Lock(FolderPath, cancellationToken);
        Add(folder);
    }

    private static bool IsId(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
                return false;
        }

        return text.Length == IdLength;
    }

    private string PathOf(string id) => Path.Combine(FolderPath, id + extension);

    // No pointer: nothing was made yet, or a process died between a first key and its pointer, or somebody removed it.
    private string? Settle(FolderHandle folder, bool make)
    {
        using IDisposable _ = folder.Lock(FolderPath, CancellationToken.None);
        if (ReadPointer(folder) is { } settled)
            return settled;
        List<string> ids = Ids(folder);
        switch (ids.Count)
        {
            case 0:
                return make ? Add(folder) : null;
            case 1:
                WritePointer(folder, ids[0]);
                return ids[0];
            default:
                throw KeyException.Damaged(Path.Combine(FolderPath, Pointer), $"it is missing, and there are {ids.Count} keys it could name");
        }
    }

    private string Add(FolderHandle folder)
    {
        using var key = new KeyFile(generate(), FolderPath, default);
        string id = idOf(key);
        PrivateFile.TryCreate(folder, id + extension, key.Bytes, PathOf(id));
        WritePointer(folder, id);
        return id;
    }

    private void WritePointer(FolderHandle folder, string id) =>
        PrivateFile.Replace(folder, Pointer, Encoding.ASCII.GetBytes(id + "\n"), Path.Combine(FolderPath, Pointer));

    private string? ReadPointer(FolderHandle folder)
    {
        string path = Path.Combine(FolderPath, Pointer);
        using KeyFile? file = KeyHome.Read(folder, Pointer, path);
        if (file is null)
            return null;
        string id = Encoding.Latin1.GetString(file.Bytes).TrimEnd('\n');
        return IsId(id) ? id : throw KeyException.Damaged(path, "it does not name a key");
    }

    private List<string> Ids(FolderHandle folder) =>
    [
        .. folder.Entries(FolderPath)
            .Where(e => e.Name.EndsWith(extension, StringComparison.Ordinal) && IsId(e.Name.AsSpan(0, e.Name.Length - extension.Length)))
            .Select(e => e.Name[..^extension.Length]),
    ];

    private KeyFile ReadKey(FolderHandle folder, string id)
    {
        string path = PathOf(id);
        KeyFile file = KeyHome.Read(folder, id + extension, path) ?? throw KeyException.NotFound(path);
        try
        {
            return idOf(file) == id ? file : throw KeyException.Damaged(path, "it does not hold the key its name says");
        }
        catch (KeyException e) when (e.Code == "BW1201")
        {
            file.Dispose();
            throw KeyException.Damaged(path, "it does not hold a key of its kind", e);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
