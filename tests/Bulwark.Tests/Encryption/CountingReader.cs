using Bulwark.Storage;

namespace Bulwark.Tests.Encryption;

/// <summary>Counts the segments that reads touch.</summary>
internal sealed class CountingReader(IObjectReader inner, int segmentSize) : IObjectReader
{
    private readonly Lock _lock = new();
    private readonly HashSet<long> _touched = [];

    public ObjectRef Source => inner.Source;

    /// <summary>Bytes read.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Segments touched since the last call.</summary>
    public IReadOnlyCollection<long> TakeTouched()
    {
        lock (_lock)
        {
            long[] touched = [.. _touched];
            _touched.Clear();
            BytesRead = 0;
            return touched;
        }
    }

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            BytesRead += buffer.Length;
            for (long segment = offset / segmentSize; segment * segmentSize < offset + buffer.Length; segment++)
                _touched.Add(segment);
        }

        return inner.ReadAsync(offset, buffer, cancellationToken);
    }

    public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => inner.EnsureUnchangedAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
