using Bulwark.Keys;
using Bulwark.Local.Files;

namespace Bulwark.Local.KeyFiles;

/// <summary>The file <c>log.pem</c>, and below <c>log/</c> the keys that were in use before it.</summary>
internal sealed class LogKeyFile(KeyHome home)
{
    private const string Leaf = "log.pem";
    private const string RetiredFolder = "log";

    private string FilePath => Path.Combine(home.Folder, Leaf);

    /// <summary>The key in use. Null when there is none and none is to be made.</summary>
    public KeyFile? Current(bool make)
    {
        using FolderHandle? folder = home.Open(null, make);
        return folder is null ? null : KeyHome.Read(folder, Leaf, FilePath) ?? (make ? Make(folder) : null);
    }

    /// <summary>Every key, the one in use first. Dispose each.</summary>
    public List<KeyFile> All()
    {
        var all = new List<KeyFile>();
        if (Current(make: false) is { } current)
            all.Add(current);
        using FolderHandle? retired = home.Open(RetiredFolder, make: false);
        if (retired is null)
            return all;
        string path = Path.Combine(home.Folder, RetiredFolder);
        foreach (FolderEntry entry in retired.Entries(path).Where(e => e.Name.EndsWith(".pem", StringComparison.Ordinal)).OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            if (KeyHome.Read(retired, entry.Name, Path.Combine(path, entry.Name)) is not { } file)
                continue;

            // A crash in the middle of a rotation leaves the key in both places.
            if (all.Exists(k => k.Bytes.SequenceEqual(file.Bytes)))
                file.Dispose();
            else
                all.Add(file);
        }

        return all;
    }

    /// <summary>Makes a new key; the old one is set aside first, then replaced in one step.</summary>
    public void Rotate(CancellationToken cancellationToken)
    {
        using FolderHandle folder = home.Open(null, make: true)!;
        using IDisposable _ = folder.Lock(FilePath, cancellationToken);
        using KeyFile present = KeyHome.Read(folder, Leaf, FilePath) ?? Make(folder);
        string id = VerificationKey.FromPem(Parse(present).PublicKeyPem).Hint[..16];
        using (FolderHandle retired = home.Open(RetiredFolder, make: true)!)
            PrivateFile.TryCreate(retired, $"{id}.pem", present.Bytes, Path.Combine(home.Folder, RetiredFolder, $"{id}.pem"));
        using KeyFile fresh = Generate();
        PrivateFile.Replace(folder, Leaf, fresh.Bytes, FilePath);
    }

    /// <summary>Parses the PEM.</summary>
    public static Ed25519SigningKey Parse(KeyFile file)
    {
        try
        {
            return file.ReadText(pem => Ed25519SigningKey.FromPem(pem));
        }
        catch (KeyException e) when (e.Code == "BW1201")
        {
            throw KeyException.Damaged(file.Path, "it does not hold an Ed25519 key", e);
        }
    }

    private static KeyFile Generate() => new(KeyFile.BytesOf(Ed25519SigningKey.Generate().ExportPkcs8Pem()), Leaf, default);

    private KeyFile Make(FolderHandle folder)
    {
        using KeyFile fresh = Generate();
        PrivateFile.TryCreate(folder, Leaf, fresh.Bytes, FilePath);
        return KeyHome.Read(folder, Leaf, FilePath) ?? throw KeyException.NotFound(FilePath);
    }
}
