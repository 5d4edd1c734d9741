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

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Sighting> _seen = new(StringComparer.Ordinal);

    /// <summary>Why the last look at the folder was not complete; null when it was.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Files that are finished and are neither taken nor postponed in this version.</summary>
    public async Task<IReadOnlyList<ObjectRef>> SettledAsync(CancellationToken cancellationToken)
    {
        List<ObjectRef> settled = [];
        HashSet<string> present = new(StringComparer.Ordinal);
        Trouble = null;
        try
        {
            await foreach (ObjectRef file in store.ListAsync(folder, "", cancellationToken))
            {
                if (IsModelName(file.Name) && present.Add(file.Name) && await HasSettledAsync(file, cancellationToken))
                    settled.Add(file);
            }
        }
        catch (StorageException error)
        {
            // One bad name, or a folder that is away for a while, must not end the service; what was found until then is good.
            Trouble = $"{error.Message} [{error.Code}]";
        }

        if (Trouble is null)
        {
            foreach (string gone in _seen.Keys.Where(n => !present.Contains(n)).ToArray())
                _seen.Remove(gone);
        }

        return settled;
    }

    /// <summary>Does not return this version again: it was protected, or refused for good.</summary>
    public void Take(ObjectRef file) => _seen[file.Name] = new Sighting(file.Version, clock.GetTimestamp()) { Taken = true };

    /// <summary>Does not return this version for a while that doubles each time.</summary>
    /// <returns>How long.</returns>
    public TimeSpan Postpone(ObjectRef file)
    {
        Sighting seen = _seen[file.Name];
        TimeSpan pause = seen.Pause == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : seen.Pause * 2;
        pause = pause < LongestPause ? pause : LongestPause;
        _seen[file.Name] = seen with { Since = clock.GetTimestamp(), Pause = pause };
        return pause;
    }

    private static bool IsModelName(string name) =>
        !name.Split('/').Any(part => part.StartsWith('.'))
        && !UnfinishedSuffixes.Any(s => name.EndsWith(s, StringComparison.OrdinalIgnoreCase));

    private async Task<bool> HasSettledAsync(ObjectRef file, CancellationToken cancellationToken)
    {
        if (!_seen.TryGetValue(file.Name, out Sighting? seen) || seen.Version != file.Version)
        {
            _seen[file.Name] = new Sighting(file.Version, clock.GetTimestamp());
            return false;
        }

        // Measured, not read from the clock: someone may set that.
        TimeSpan wait = seen.Pause > settle ? seen.Pause : settle;
        return !seen.Taken && clock.GetElapsedTime(seen.Since) >= wait && await CanBeOpenedAsync(file, cancellationToken);
    }

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

    /// <summary>A version of a file, and since when it is there or was last tried.</summary>
    private sealed record Sighting(string Version, long Since)
    {
        public bool Taken { get; init; }

        public TimeSpan Pause { get; init; }
    }
}
