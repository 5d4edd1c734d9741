namespace Bulwark.Storage;

/// <summary>Random access to one version of one object. Safe for concurrent reads.</summary>
public interface IObjectReader : IAsyncDisposable
{
    /// <summary>The version being read.</summary>
    ObjectRef Source { get; }

    /// <summary>Fills <paramref name="buffer"/> from byte <paramref name="offset"/>.</summary>
    /// <exception cref="StorageException">BW1003 when the range is outside the object, BW1004 when the object changed.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Checks that the object still is the version that was opened; throws BW1004 when it changed.</summary>
    ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken);
}
