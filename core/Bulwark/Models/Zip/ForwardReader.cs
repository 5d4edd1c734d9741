using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>
/// Decompressed content too large to hold. Its head and its tail are kept once they were read, since formats are told by them;
/// whoever goes back further starts the decompression again, and that counts against the budget.
/// </summary>
internal sealed class ForwardReader(IObjectReader compressed, Inflated.Decoder decoder, InflationBudget budget, long length) : IObjectReader
{
    private const int KeptLength = 1 << 17;
    private const int MostStarts = 32;

    private readonly byte[] _skipped = new byte[1 << 16];
    private readonly SemaphoreSlim _turn = new(1);
    private byte[]? _head;
    private byte[]? _tail;
    private CountingInflater? _inflater;
    private long _position;
    private int _starts;

    /// <inheritdoc />
    public ObjectRef Source { get; } = compressed.Source with { Size = length };

    /// <inheritdoc />
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset < 0 || buffer.Length > length - offset)
            throw StorageException.OutOfRange(Source.ToString(), offset, buffer.Length);
        if (buffer.Length == 0)
            return;
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (offset + buffer.Length <= KeptLength)
                (_head ??= await KeepAsync(0, cancellationToken).ConfigureAwait(false)).AsMemory((int)offset, buffer.Length).CopyTo(buffer);
            else if (offset >= length - KeptLength && (_tail is not null || offset + buffer.Length == length))
                (_tail ??= await KeepAsync(length - KeptLength, cancellationToken).ConfigureAwait(false)).AsMemory((int)(offset - (length - KeptLength)), buffer.Length).CopyTo(buffer);
            else
                await InflateAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => compressed.EnsureUnchangedAsync(cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _inflater?.Dispose();
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<byte[]> KeepAsync(long offset, CancellationToken cancellationToken)
    {
        byte[] kept = new byte[KeptLength];
        await InflateAsync(offset, kept, cancellationToken).ConfigureAwait(false);
        return kept;
    }

    private async Task InflateAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_inflater is null || offset < _position)
        {
            _inflater?.Dispose();
            _inflater = null;
            if (++_starts > MostStarts)
                throw ModelFormatException.InflatesTooFar(Source.Name, "it would have to be decompressed over and over");
            _inflater = new CountingInflater(compressed, decoder, budget);
            _position = 0;
        }

        while (_position < offset)
            await TakeAsync(_skipped.AsMemory(0, (int)Math.Min(_skipped.Length, offset - _position)), cancellationToken).ConfigureAwait(false);
        while (buffer.Length > 0)
            buffer = buffer[await TakeAsync(buffer, cancellationToken).ConfigureAwait(false)..];
    }

    private async Task<int> TakeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = await _inflater!.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read == 0)
            throw ModelFormatException.BadCompression(Source.Name, "it ends earlier than before");
        _position += read;
        return read;
    }
}
