using Bulwark.Keys;
using Bulwark.Local.Files;

namespace Bulwark.Local.KeyFiles;

/// <summary>The folder <c>keys</c> below a home: who may touch it, and how its files are read.</summary>
internal sealed class KeyHome(string home)
{
    private const int MaxKeyFileBytes = 64 * 1024;
    private const uint ReadableOrWritableByOthers = 0b000_111_111;
    private const uint WritableByOthers = 0b000_010_010;

    /// <summary>Path of the folder of keys.</summary>
    public string Folder { get; } = Path.Combine(home, "keys");

    /// <summary>Opens a folder of keys. Null when there is none and it is not to be made.</summary>
    /// <param name="part">A folder below <c>keys</c>, or null for that one itself.</param>
    /// <param name="make">Whether missing folders are made, mode 0700.</param>
    /// <exception cref="KeyException">BW1202 when somebody else could change what is in it.</exception>
    public FolderHandle? Open(string? part, bool make)
    {
        FolderUse use = make ? FolderUse.MakePrivate : FolderUse.Read;
        FolderHandle? folder = Checked(FolderHandle.OpenContainer(home, use), home);
        folder = Descend(folder, "keys", use, Folder);
        return part is null ? folder : Descend(folder, part, use, Path.Combine(Folder, part));
    }

    /// <summary>Reads a key file into a pinned array that the caller zeroes; null when there is none.</summary>
    /// <exception cref="KeyException">BW1202 when others could read or change it, BW1205 when it is empty or too long.</exception>
    public static KeyFile? Read(FolderHandle folder, string leaf, string path)
    {
        if (folder.Look(leaf, path) is null)
            return null;
        using FileForReading file = folder.OpenFile(leaf, path);
        FileFacts facts = file.Facts();
        RequireOwn(facts, path);
        if (!OperatingSystem.IsWindows() && (facts.Permissions & ReadableOrWritableByOthers) != 0)
            throw KeyException.Exposed(path, Octal(facts.Permissions));
        if (facts.Size is 0 or > MaxKeyFileBytes)
            throw KeyException.Damaged(path, facts.Size == 0 ? "it is empty" : "it is far too long");

        byte[] bytes = GC.AllocateArray<byte>((int)facts.Size, pinned: true);
        int read = 0;
        while (read < bytes.Length && file.Read(read, bytes.AsSpan(read)) is > 0 and int count)
            read += count;
        return read == bytes.Length
            ? new KeyFile(bytes, path, DateTimeOffset.UnixEpoch.AddTicks(facts.ModifiedNs / 100))
            : throw KeyException.Damaged(path, "it was cut short while it was read");
    }

    private static FolderHandle? Descend(FolderHandle? parent, string part, FolderUse use, string path)
    {
        using (parent)
            return Checked(parent?.OpenFolder(part, use, path), path);
    }

    private static FolderHandle? Checked(FolderHandle? folder, string path)
    {
        if (folder is null)
            return null;
        try
        {
            FileFacts facts = folder.Facts(path);
            RequireOwn(facts, path);
            if (!OperatingSystem.IsWindows() && (facts.Permissions & WritableByOthers) != 0)
                throw KeyException.ExposedFolder(path, Octal(facts.Permissions));
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static void RequireOwn(FileFacts facts, string path)
    {
        if (OperatingSystem.IsLinux() && facts.OwnerId != Libc.EffectiveUserId())
            throw KeyException.OwnedByOther(path, facts.OwnerId);
    }

    private static string Octal(uint permissions) => Convert.ToString(permissions, 8).PadLeft(4, '0');
}
