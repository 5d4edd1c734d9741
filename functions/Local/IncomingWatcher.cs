using Bulwark.Storage;

namespace Bulwark.Functions.Local;

/// <summary>
/// Finds files that have finished arriving in a folder. Copies arrive in pieces and by any tool, so a file counts as finished when
/// its version (size, times, inode) stood still for a while and it can be opened; the folder is polled because notifications are
/// lost on network and overlay file systems.
/// </summary>
internal sealed class IncomingWatcher(IObjectStore store, string folder, TimeSpan settle, TimeProvider clock)
{
    private static readonly string[] UnfinishedSuffixes = [".part", ".partial", ".crdownload", ".tmp", ".filepart", ".swp"];

    private readonly Dictionary<string, (string Version, DateTimeOffset Since)> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<(string Name, string Version)> _taken = [];

    /// <summary>Files that are finished and were not returned before in this version.</summary>
    public async Task<IReadOnlyList<ObjectRef>> SettledAsync(CancellationToken cancellationToken)
    {
        List<ObjectRef> settled = [];
        HashSet<string> present = new(StringComparer.Ordinal);
        await foreach (ObjectRef file in store.ListAsync(folder, "", cancellationToken))
        {
            if (!IsModelName(file.Name))
                continue;
            present.Add(file.Name);
            DateTimeOffset now = clock.GetUtcNow();
            if (!_seen.TryGetValue(file.Name, out var seen) || seen.Version != file.Version)
                _seen[file.Name] = (file.Version, now);
            else if (now - seen.Since >= settle && !_taken.Contains((file.Name, file.Version)) && await CanBeOpenedAsync(file, cancellationToken))
                settled.Add(file);
        }

        foreach (string gone in _seen.Keys.Where(n => !present.Contains(n)).ToArray())
            _seen.Remove(gone);
        _taken.RemoveWhere(t => !present.Contains(t.Name));
        return settled;
    }

    /// <summary>Does not return this version again: it was protected, or refused for good.</summary>
    public void Take(ObjectRef file) => _taken.Add((file.Name, file.Version));

    private static bool IsModelName(string name) =>
        !name.Split('/').Any(part => part.StartsWith('.'))
        && !UnfinishedSuffixes.Any(s => name.EndsWith(s, StringComparison.OrdinalIgnoreCase));

    private async Task<bool> CanBeOpenedAsync(ObjectRef file, CancellationToken cancellationToken)
    {
        try
        {
            await using IObjectReader reader = await store.OpenReadAsync(file, cancellationToken);
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }
}
