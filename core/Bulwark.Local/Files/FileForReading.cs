namespace Bulwark.Local.Files;

/// <summary>An open regular file. Safe for concurrent reads.</summary>
internal abstract class FileForReading : IDisposable
{
    /// <summary>What the file system says about the open file now.</summary>
    public abstract FileFacts Facts();

    /// <summary>Reads at most <paramref name="buffer"/>'s length; 0 at the end of the file.</summary>
    public abstract int Read(long offset, Span<byte> buffer);

    /// <inheritdoc />
    public abstract void Dispose();
}
