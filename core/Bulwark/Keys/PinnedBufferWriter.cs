using System.Buffers;

namespace Bulwark.Keys;

/// <summary>Collects secret output in one pinned buffer of fixed capacity, zeroed on disposal, so that no copy is left by growing.</summary>
internal sealed class PinnedBufferWriter(int capacity) : IBufferWriter<byte>, IDisposable
{
    private readonly byte[] _buffer = GC.AllocateArray<byte>(capacity, pinned: true);
    private int _written;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _buffer.AsSpan(0, _written);

    /// <inheritdoc />
    public void Advance(int count) => _written = checked(_written + count);

    /// <inheritdoc />
    public Memory<byte> GetMemory(int sizeHint = 0) => Room(sizeHint);

    /// <inheritdoc />
    public Span<byte> GetSpan(int sizeHint = 0) => Room(sizeHint).Span;

    /// <inheritdoc />
    public void Dispose() => System.Security.Cryptography.CryptographicOperations.ZeroMemory(_buffer);

    private Memory<byte> Room(int sizeHint) =>
        _buffer.Length - _written >= Math.Max(1, sizeHint)
            ? _buffer.AsMemory(_written)
            : throw new InvalidOperationException("The buffer for a serialised keyset was sized too small.");
}
