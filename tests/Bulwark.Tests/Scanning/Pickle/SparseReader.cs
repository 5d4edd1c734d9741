using Bulwark.Storage;

namespace Bulwark.Tests.Scanning.Pickle;

/// <summary>A file of any size that is zero but for a few pieces, and counts what is read of it.</summary>
internal sealed class SparseReader(string name, long size, params (long Offset, byte[] Bytes)[] pieces) : IObjectReader
{
    public ObjectRef Source { get; } = new("sparse", "", name, "", size);

    public long BytesRead { get; private set; }

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset < 0 || buffer.Length > size - offset)
            throw StorageException.OutOfRange(name, offset, buffer.Length);
        BytesRead += buffer.Length;
        buffer.Span.Clear();
        foreach ((long at, byte[] bytes) in pieces)
        {
            long from = Math.Max(at, offset), to = Math.Min(at + bytes.Length, offset + buffer.Length);
            if (from < to)
                bytes.AsSpan((int)(from - at), (int)(to - from)).CopyTo(buffer.Span[(int)(from - offset)..]);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
