namespace Bulwark.Protection;

/// <summary>Passes bytes on one piece late, so that the last piece can be withheld.</summary>
/// <param name="sink">Where they go.</param>
internal sealed class HeldBack(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink)
{
    private byte[] _held = [];
    private int _length;

    /// <summary>Passes on what was held, and holds this piece.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await ReleaseAsync(cancellationToken);
        if (_held.Length < bytes.Length)
            _held = new byte[bytes.Length];
        bytes.CopyTo(_held);
        _length = bytes.Length;
    }

    /// <summary>Passes on what is held.</summary>
    public async ValueTask ReleaseAsync(CancellationToken cancellationToken)
    {
        if (_length > 0)
            await sink(_held.AsMemory(0, _length), cancellationToken);
        _length = 0;
    }
}
