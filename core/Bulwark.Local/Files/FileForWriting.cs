namespace Bulwark.Local.Files;

/// <summary>A temporary file that is written front to back.</summary>
internal abstract class FileForWriting : IDisposable
{
    /// <summary>The temporary name.</summary>
    public abstract string Leaf { get; }

    /// <summary>Appends bytes.</summary>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Makes every byte durable and gives the file its final permissions.</summary>
    public abstract void Sync();

    /// <summary>What the file system says about the file now.</summary>
    public abstract FileFacts Facts();

    /// <inheritdoc />
    public abstract void Dispose();
}
