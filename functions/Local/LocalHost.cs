using Bulwark.Keys;
using Bulwark.Local;
using Bulwark.Protection;
using Bulwark.Storage;

namespace Bulwark.Functions.Local;

/// <summary>The embedded default put together: folders, key files and SQLite under BULWARK_HOME (or ~/.bulwark).</summary>
internal sealed class LocalHost : IAsyncDisposable
{
    private readonly string _home;
    private readonly KeyFolder _keys;
    private readonly SqliteStateStore _state;

    private LocalHost(string home, KeyFolder keys, SqliteStateStore state)
    {
        _home = home;
        _keys = keys;
        _state = state;
        Services = new ProtectionServices
        {
            Store = new FolderObjectStore(),
            State = state,
            SigningKey = keys.Signing,
            TrustedKeys = [VerificationKey.FromPem(keys.Signing.PublicKeyPem)],
            WrappingKeys = [keys.Wrapping],
            Clock = TimeProvider.System,
            Actor = Environment.UserName,
            // The lock keeps two live processes apart; the ledger need only outlast this instant.
            ClaimLease = TimeSpan.FromMilliseconds(1),
        };
        Opener = new ModelOpener(Services);
    }

    /// <summary>Opens protected models.</summary>
    public ModelOpener Opener { get; }

    /// <summary>What the main job stands on.</summary>
    public ProtectionServices Services { get; }

    /// <summary>Folders as object stores.</summary>
    public IObjectStore Store => Services.Store;

    /// <summary>Opens keys and state, making them on first use.</summary>
    public static async Task<LocalHost> OpenAsync(CancellationToken cancellationToken)
    {
        string home = Environment.GetEnvironmentVariable("BULWARK_HOME") is { Length: > 0 } given
            ? Path.GetFullPath(given)
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".bulwark");
        KeyFolder keys = await KeyFolder.OpenAsync(home, cancellationToken);
        try
        {
            return new LocalHost(home, keys, new SqliteStateStore(Path.Combine(home, "state.db")));
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file for reading without any keys.</summary>
    public static async Task<IObjectReader> OpenFileAsync(string path, CancellationToken cancellationToken)
    {
        (string container, string name) = Arguments.Locate(path);
        FolderObjectStore store = new();
        ObjectRef file = await store.FindAsync(container, name, cancellationToken) ?? throw StorageException.NotFound(path);
        return await store.OpenReadAsync(file, cancellationToken);
    }

    /// <summary>Protects a file, alone among the processes of this machine.</summary>
    public async Task<ProtectionResult> ProtectAsync(
        string container, string name, string destination, ProtectionOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        ObjectRef source = await Store.FindAsync(container, name, cancellationToken)
            ?? throw StorageException.NotFound(Path.Combine(container, name));
        using WorkLock alone = await WorkLock.AcquireAsync(_home, $"{destination}\n{name}", cancellationToken);
        return await terminal.WithProgressAsync(
            progress => new ModelProtector(Services).ProtectAsync(source, destination, options, progress, cancellationToken));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _state.Dispose();
        _keys.Dispose();
        return ValueTask.CompletedTask;
    }
}
