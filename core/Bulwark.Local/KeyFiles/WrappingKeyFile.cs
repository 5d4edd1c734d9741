using System.Security.Cryptography;
using Bulwark.Keys;
using Bulwark.Local.Files;

namespace Bulwark.Local.KeyFiles;

/// <summary>The file <c>wrapping.json</c>: a Tink AES256_GCM keyset in clear, old keys and new ones together.</summary>
internal sealed class WrappingKeyFile(KeyHome home)
{
    private const string Leaf = "wrapping.json";

    public string FilePath => Path.Combine(home.Folder, Leaf);

    /// <summary>The keyset. Null when there is none and none is to be made.</summary>
    public KeyFile? Read(bool make)
    {
        using FolderHandle? folder = home.Open(null, make);
        return folder is null ? null : KeyHome.Read(folder, Leaf, FilePath) ?? (make ? Make(folder) : null);
    }

    /// <summary>Adds a key and makes it primary.</summary>
    public void Rotate(CancellationToken cancellationToken)
    {
        using FolderHandle folder = home.Open(null, make: true)!;
        using IDisposable _ = folder.Lock(FilePath, cancellationToken);
        using KeyFile present = KeyHome.Read(folder, Leaf, FilePath) ?? Make(folder);
        Parse(present).Dispose();
        byte[] rotated = KeysetWrappingKey.Rotate(present.Bytes);
        PrivateFile.Replace(folder, Leaf, rotated, FilePath);
        CryptographicOperations.ZeroMemory(rotated);
    }

    /// <summary>Parses the keyset.</summary>
    public static KeysetWrappingKey Parse(KeyFile file)
    {
        try
        {
            return KeysetWrappingKey.Parse(file.Bytes);
        }
        catch (KeyException e) when (e.Code == "BW1201")
        {
            throw KeyException.Damaged(file.Path, "it is no usable keyset", e);
        }
    }

    // Whoever comes second finds the name taken and uses the first one's key.
    private KeyFile Make(FolderHandle folder)
    {
        byte[] fresh = KeysetWrappingKey.GenerateJson();
        PrivateFile.TryCreate(folder, Leaf, fresh, FilePath);
        CryptographicOperations.ZeroMemory(fresh);
        return KeyHome.Read(folder, Leaf, FilePath) ?? throw KeyException.NotFound(FilePath);
    }
}
