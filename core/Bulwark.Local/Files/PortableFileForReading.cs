using Bulwark.Storage;
using Microsoft.Win32.SafeHandles;

namespace Bulwark.Local.Files;

/// <summary>A file read by plain .NET calls.</summary>
internal sealed class PortableFileForReading(string full, SafeFileHandle handle, string what) : FileForReading
{
    public override FileFacts Facts() => PortableFolder.FactsOf(full) ?? throw StorageException.Changed(what);

    public override int Read(long offset, Span<byte> buffer)
    {
        try
        {
            return RandomAccess.Read(handle, buffer, offset);
        }
        catch (IOException e)
        {
            throw StorageException.Failed(what, e);
        }
    }

    public override void Dispose() => handle.Dispose();
}
