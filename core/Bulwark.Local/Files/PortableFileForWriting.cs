namespace Bulwark.Local.Files;

/// <summary>A file written by plain .NET calls.</summary>
internal sealed class PortableFileForWriting(string full, FileStream stream, uint permissions, string what) : FileForWriting
{
    public override string Leaf => Path.GetFileName(full);

    public override void Append(ReadOnlySpan<byte> bytes)
    {
        // A span cannot be captured, hence the copy of Guard's cases.
        try
        {
            stream.Write(bytes);
        }
        catch (IOException e)
        {
            PortableFolder.Guard<bool>(what, () => throw e);
        }
    }

    public override void Sync() => PortableFolder.Guard(what, () =>
    {
        stream.Flush(flushToDisk: true);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(stream.SafeFileHandle, (UnixFileMode)permissions);
        return true;
    });

    public override FileFacts Facts()
    {
        stream.Dispose();
        return PortableFolder.FactsOf(full) ?? default;
    }

    public override void Dispose() => stream.Dispose();
}
