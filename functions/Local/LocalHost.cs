using Bulwark.Audit;
using Bulwark.Findings;
using Bulwark.Keys;
using Bulwark.Local;
using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Watermarking;

namespace Bulwark.Functions.Local;

/// <summary>The embedded default put together: folders, key files and SQLite under BULWARK_HOME (or ~/.bulwark).</summary>
internal sealed class LocalHost : IAsyncDisposable
{
    private const string LogOrigin = "bulwark.local/log";

    private readonly FolderObjectStore _store = new();
    private readonly SqliteStateStore _state;
    private readonly PemSigningKey _signing;
    private readonly KeysetWrappingKey _wrapping;

    private LocalHost(LocalKeyRing keys, SqliteStateStore state, PemSigningKey signing, KeysetWrappingKey wrapping)
    {
        Keys = keys;
        WatermarkKeys = DeriveWatermarkKeys(keys);
        _state = state;
        _signing = signing;
        _wrapping = wrapping;
        Services = new ProtectionServices
        {
            Store = _store,
            State = state,
            Audit = OpenLog(keys, _store, state),
            Findings = new StateFindingSink(state),
            QuarantineContainer = QuarantineFolder(keys),
            SigningKey = signing,
            WatermarkKey = WatermarkKeys[0],
            TrustedKeys = keys.GetVerificationKeys(),
            WrappingKeys = [wrapping],
            Clock = TimeProvider.System,
            Actor = CurrentUser.Name,
            // The lock keeps two live processes apart; the ledger need only outlast this instant.
            ClaimLease = TimeSpan.FromMilliseconds(1),
        };
    }

    /// <summary>The keys of this user.</summary>
    public LocalKeyRing Keys { get; }

    /// <summary>The keys of every watermark of this user, the one in use first.</summary>
    public IReadOnlyList<WatermarkKey> WatermarkKeys { get; }

    /// <summary>Writes and reads watermarks by themselves.</summary>
    public ModelWatermarker Watermarker => new(Services.State, Services.Clock);

    /// <summary>What the main job stands on.</summary>
    public ProtectionServices Services { get; }

    /// <summary>Folders as object stores.</summary>
    public IObjectStore Store => Services.Store;

    /// <summary>Opens keys and state, making them on first use.</summary>
    public static async Task<LocalHost> OpenAsync(CancellationToken cancellationToken)
    {
        LocalKeyRing keys = LocalKeyRing.Default();
        PemSigningKey signing = await keys.GetSigningKeyAsync(cancellationToken);
        KeysetWrappingKey wrapping = keys.GetWrappingKey();

        // After the keys: they make the home with mode 0700, where the umask could leave it open to a group, and then refuse it.
        MakePrivate(LogFolder(keys));
        return new LocalHost(keys, new SqliteStateStore(Path.Combine(keys.Home, "state.db")), signing, wrapping);
    }

    private static List<WatermarkKey> DeriveWatermarkKeys(LocalKeyRing keys)
    {
        List<WatermarkKey> derived = [];
        foreach (WatermarkMaster master in keys.GetWatermarkMasters())
        {
            using (master)
                derived.Add(WatermarkKey.FromMaster(master.Id, master.Secret));
        }

        return derived;
    }

    // A folder that is there keeps its mode.
    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string QuarantineFolder(LocalKeyRing keys) => Path.Combine(keys.Home, "quarantine");

    private static string LogFolder(LocalKeyRing keys) => Path.Combine(keys.Home, "audit");

    /// <summary>The audit log under the home folder.</summary>
    private static AuditLog OpenLog(LocalKeyRing keys, FolderObjectStore store, SqliteStateStore state) => new(
        store,
        LogFolder(keys),
        keys.GetLogKey(),
        LogOrigin,
        TimeProvider.System,
        state,
        [.. keys.GetLogVerificationKeys().Skip(1).Select(k => NoteVerifierKey.FromPem(LogOrigin, k.Pem))]);

    /// <summary>Opens a file for reading without any keys.</summary>
    public static async Task<IObjectReader> OpenFileAsync(string path, CancellationToken cancellationToken)
    {
        (string container, string name) = Arguments.Locate(path);
        FolderObjectStore store = new();
        ObjectRef file = await store.FindAsync(container, name, cancellationToken) ?? throw StorageException.NotFound(path);
        return await store.OpenReadAsync(file, cancellationToken);
    }

    /// <summary>Removes what killed runs left in a folder. Nobody living holds it, whatever its age and the clock say.</summary>
    public static async Task SweepAsync(FolderObjectStore store, string folder, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder))
            await store.SweepAbandonedAsync(folder, TimeSpan.FromDays(-36500), cancellationToken);
    }

    /// <summary>Protects a file, alone among the processes of this machine.</summary>
    /// <param name="container">The file's folder.</param>
    /// <param name="name">Its name in there.</param>
    /// <param name="destination">Folder for the protected model.</param>
    /// <param name="quarantine">Folder for a copy of it when it is refused; null for the one in the home folder.</param>
    /// <param name="options">How.</param>
    /// <param name="terminal">Shows the progress.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public async Task<ProtectionResult> ProtectAsync(
        string container, string name, string destination, string? quarantine, ProtectionOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        quarantine ??= Services.QuarantineContainer;
        if (Arguments.IsInside(container, quarantine))
            throw ProtectionException.InQuarantine(Path.Combine(container, name));
        ObjectRef source = await Store.FindAsync(container, name, cancellationToken)
            ?? throw StorageException.NotFound(Path.Combine(container, name));
        using WorkLock alone = await WorkLock.AcquireAsync(Keys.Home, $"{destination}\n{name}", cancellationToken);
        await SweepAsync(_store, Path.GetDirectoryName(Path.Combine(destination, name))!, cancellationToken);
        MakePrivate(quarantine);
        await SweepAsync(_store, quarantine, cancellationToken);
        MLDsaSigningKey? second = options.PostQuantum ? await Keys.GetMLDsaKeyAsync(cancellationToken) : null;
        return await terminal.WithProgressAsync(
            progress => new ModelProtector(Services with { PostQuantumKey = second, QuarantineContainer = quarantine }).ProtectAsync(source, destination, options, progress, cancellationToken));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _state.Dispose();
        _signing.Dispose();
        _wrapping.Dispose();
        foreach (WatermarkKey key in WatermarkKeys)
            key.Dispose();
        return ValueTask.CompletedTask;
    }
}
