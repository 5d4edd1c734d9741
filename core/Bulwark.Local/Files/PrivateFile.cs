namespace Bulwark.Local.Files;

/// <summary>Small files that only their owner may read, from their first byte on, and that appear whole or not at all.</summary>
internal static class PrivateFile
{
    /// <summary>Mode of the file: read and write for the owner.</summary>
    public const uint Mode = 0b110_000_000;

    /// <summary>Makes a file unless there is one. False when there is.</summary>
    public static bool TryCreate(FolderHandle folder, string leaf, ReadOnlySpan<byte> bytes, string what) =>
        Write(folder, leaf, bytes, replace: false, what);

    /// <summary>Makes a file, or replaces it in one step.</summary>
    public static void Replace(FolderHandle folder, string leaf, ReadOnlySpan<byte> bytes, string what) =>
        Write(folder, leaf, bytes, replace: true, what);

    private static bool Write(FolderHandle folder, string leaf, ReadOnlySpan<byte> bytes, bool replace, string what)
    {
        bool published = false;
        using FileForWriting file = folder.CreateFile(TemporaryName.Next(), Mode, what);
        try
        {
            file.Append(bytes);
            file.Sync();
            published = folder.Publish(file, leaf, replace, what);
        }
        finally
        {
            if (!published)
                folder.Remove(file.Leaf, what);
        }

        folder.Sync(what);
        return published;
    }
}
