namespace Bulwark.Storage;

/// <summary>A part of an object as if it were an object of its own, such as a stored member of an archive. Disposing leaves the whole open.</summary>
internal sealed class ReaderSection : IObjectReader
{
    private readonly IObjectReader _whole;
    private readonly long _offset;

    /// <summary>A part.</summary>
    /// <param name="whole">The object.</param>
    /// <param name="name">The part's name, for messages.</param>
    /// <param name="offset">Its first byte.</param>
    /// <param name="length">Its length; the part must lie inside the object.</param>
    public ReaderSection(IObjectReader whole, string name, long offset, long length)
    {
        if (offset < 0 || length < 0 || length > whole.Source.Size - offset)
            throw StorageException.OutOfRange(whole.Source.ToString(), offset, length);
        _whole = whole;
        _offset = offset;
        Source = whole.Source with { Name = name, Size = length };
    }

    /// <inheritdoc />
    public ObjectRef Source { get; }

    /// <inheritdoc />
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        offset < 0 || buffer.Length > Source.Size - offset
            ? throw StorageException.OutOfRange(Source.ToString(), offset, buffer.Length)
            : _whole.ReadAsync(_offset + offset, buffer, cancellationToken);

    /// <inheritdoc />
    public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => _whole.EnsureUnchangedAsync(cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
