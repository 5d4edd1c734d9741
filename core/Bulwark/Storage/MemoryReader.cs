namespace Bulwark.Storage;

/// <summary>Bytes in memory as an object, such as a decompressed member of an archive.</summary>
/// <param name="name">A name, for messages.</param>
/// <param name="bytes">The bytes.</param>
internal sealed class MemoryReader(string name, ReadOnlyMemory<byte> bytes) : IObjectReader
{
    /// <inheritdoc />
    public ObjectRef Source { get; } = new("memory", "", name, "", bytes.Length);

    /// <inheritdoc />
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset < 0 || buffer.Length > bytes.Length - offset)
            throw StorageException.OutOfRange(name, offset, buffer.Length);
        bytes.Slice((int)offset, buffer.Length).CopyTo(buffer);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
