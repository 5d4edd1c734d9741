using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>Decompressed content held in pieces of one length.</summary>
internal sealed class PieceReader(string name, IReadOnlyList<byte[]> pieces, int pieceLength, long length) : IObjectReader
{
    /// <inheritdoc />
    public ObjectRef Source { get; } = new("memory", "", name, "", length);

    /// <inheritdoc />
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset < 0 || buffer.Length > length - offset)
            throw StorageException.OutOfRange(name, offset, buffer.Length);
        while (buffer.Length > 0)
        {
            (long piece, long within) = Math.DivRem(offset, pieceLength);
            int taken = (int)Math.Min(buffer.Length, pieceLength - within);
            pieces[(int)piece].AsMemory((int)within, taken).CopyTo(buffer);
            buffer = buffer[taken..];
            offset += taken;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
