using System.Text;
using Bulwark.State;
using Bulwark.Testing;
using Microsoft.Data.Sqlite;

namespace Bulwark.Local.Tests;

public sealed class SqliteStateStoreTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteStateStore _store;

    public SqliteStateStoreTests() => _store = new SqliteStateStore(DatabasePath);

    private string DatabasePath => _folder["deep/state.db"];

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_document_is_written_replaced_and_deleted_by_version()
    {
        Assert.Null(await _store.GetAsync("c", "id", None));
        Assert.Null(await _store.TryPutAsync("c", "id", "x"u8.ToArray(), 1, None));
        Assert.Equal(1, (await _store.TryPutAsync("c", "id", "one"u8.ToArray(), 0, None))!.Version);
        Assert.Null(await _store.TryPutAsync("c", "id", "again"u8.ToArray(), 0, None));
        Assert.Equal(2, (await _store.TryPutAsync("c", "id", "two"u8.ToArray(), 1, None))!.Version);
        Assert.Null(await _store.TryPutAsync("c", "id", "late"u8.ToArray(), 1, None));
        StateDocument present = (await _store.GetAsync("c", "id", None))!;
        Assert.Equal(2, present.Version);
        Assert.Equal("two"u8.ToArray(), present.Content.ToArray());
        Assert.Null(await _store.GetAsync("other", "id", None));
        Assert.False(await _store.TryDeleteAsync("c", "id", 1, None));
        Assert.True(await _store.TryDeleteAsync("c", "id", 2, None));
        Assert.False(await _store.TryDeleteAsync("c", "id", 2, None));
        Assert.Null(await _store.GetAsync("c", "id", None));
    }

    [Fact]
    public async Task A_document_outlives_the_store_that_wrote_it()
    {
        await _store.TryPutAsync("c", "id", "one"u8.ToArray(), 0, None);
        _store.Dispose();
        using var later = new SqliteStateStore(DatabasePath);
        Assert.Equal("one"u8.ToArray(), (await later.GetAsync("c", "id", None))!.Content.ToArray());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _store.GetAsync("c", "id", None));
    }

    [Fact]
    public async Task No_increment_of_four_stores_on_one_file_is_lost()
    {
        const int Stores = 4;
        const int Increments = 25;
        await Task.WhenAll(Enumerable.Range(0, Stores).Select(_ => Task.Run(async () =>
        {
            using var store = new SqliteStateStore(DatabasePath);
            for (int done = 0; done < Increments;)
            {
                StateDocument? present = await store.GetAsync("counters", "n", None);
                int value = present is null ? 0 : BitConverter.ToInt32(present.Content.Span);
                if (await store.TryPutAsync("counters", "n", BitConverter.GetBytes(value + 1), present?.Version ?? 0, None) is not null)
                    done++;
            }
        })));
        StateDocument last = (await _store.GetAsync("counters", "n", None))!;
        Assert.Equal(Stores * Increments, BitConverter.ToInt32(last.Content.Span));
        Assert.Equal(Stores * Increments, last.Version);
    }

    [Fact]
    public async Task Another_process_sees_the_write_and_its_lock_is_waited_for()
    {
        await _store.TryPutAsync("c", "id", "1"u8.ToArray(), 0, None);

        // A foreign client holds the write lock, then writes.
        using var foreign = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        foreign.Open();
        Task<StateDocument?> waiting;
        using (SqliteTransaction transaction = foreign.BeginTransaction(deferred: false))
        {
            using SqliteCommand command = foreign.CreateCommand();
            command.CommandText = "UPDATE document SET version = 7 WHERE id = 'id'";
            Assert.Equal(1, command.ExecuteNonQuery());
            waiting = _store.TryPutAsync("c", "id", "2"u8.ToArray(), 7, None);
            await Task.Delay(50);
            Assert.False(waiting.IsCompleted);
            transaction.Commit();
        }

        Assert.Equal(8, (await waiting)!.Version);
    }

    [Fact]
    public async Task The_list_has_the_ids_with_the_prefix_in_the_order_of_their_bytes()
    {
        string[] ids = [.. Enumerable.Range(0, 150).Select(i => $"k/{i}"), "k", "k0", "j", "l", "k/\u00e9", "k/\uFFFD", "k/\U00010000", "k/%", "k/_", "K/1", "k/a\0b"];
        foreach (string id in ids)
            await _store.TryPutAsync("c", id, Encoding.UTF8.GetBytes(id), 0, None);
        await _store.TryPutAsync("d", "k/x", default, 0, None);
        foreach (string prefix in new[] { "", "k/", "k/1", "K", "k/%", "zzz" })
        {
            var listed = new List<string>();
            await foreach (StateDocument document in _store.ListAsync("c", prefix, None))
            {
                listed.Add(document.Id);
                Assert.Equal(document.Id, Encoding.UTF8.GetString(document.Content.Span));
            }

            Assert.Equal(
                ids.Where(i => i.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(i => Convert.ToHexString(Encoding.UTF8.GetBytes(i)), StringComparer.Ordinal),
                listed);
        }
    }

    [Fact]
    public async Task The_limits_of_the_port_are_kept()
    {
        Assert.NotNull(await _store.TryPutAsync(new string('c', 64), new string('i', 1024), new byte[256 * 1024], 0, None));
        foreach (string collection in new[] { "", "A", "a_b", "a/b", "\u00e9", new string('c', 65) })
            await RefusedAsync("BW1103", () => _store.GetAsync(collection, "id", None));
        foreach (string id in new[] { "", new string('i', 1025), new string('\u00e9', 513), "\ud800" })
            await RefusedAsync("BW1103", () => _store.TryPutAsync("c", id, default, 0, None));
        await RefusedAsync("BW1103", () => _store.TryPutAsync("c", "id", new byte[(256 * 1024) + 1], 0, None));
    }

    [Fact]
    public async Task The_file_and_its_journal_can_be_read_by_their_owner_only()
    {
        await _store.TryPutAsync("c", "id", default, 0, None);
        string[] files = Directory.GetFiles(_folder["deep"]);
        Assert.Contains(files, f => f.EndsWith("-wal", StringComparison.Ordinal));
        Assert.All(files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_called_damaged_and_left_as_it_is()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(new string('x', 5000));
        _folder.Write("deep/state.db", bytes);
        await RefusedAsync("BW1101", () => _store.GetAsync("c", "id", None));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(DatabasePath));
    }

    [Fact]
    public async Task A_database_with_overwritten_pages_is_called_damaged()
    {
        for (int i = 0; i < 50; i++)
            await _store.TryPutAsync("c", $"id{i}", new byte[3000], 0, None);
        _store.Dispose();
        using (FileStream stream = File.OpenWrite(DatabasePath))
        {
            stream.Position = 4096;
            stream.Write(Enumerable.Repeat((byte)0xff, (int)stream.Length - 4096).ToArray());
        }

        using var later = new SqliteStateStore(DatabasePath);
        await RefusedAsync("BW1101", () => later.GetAsync("c", "id7", None));
    }

    [Fact]
    public async Task A_database_of_another_program_is_left_alone()
    {
        Directory.CreateDirectory(_folder["deep"]);
        using (var foreign = new SqliteConnection($"Data Source={DatabasePath};Pooling=False"))
        {
            foreign.Open();
            using SqliteCommand command = foreign.CreateCommand();
            command.CommandText = "CREATE TABLE t (x)";
            command.ExecuteNonQuery();
        }

        byte[] before = await File.ReadAllBytesAsync(DatabasePath);
        await RefusedAsync("BW1101", () => _store.TryPutAsync("c", "id", default, 0, None));
        Assert.Equal(before, await File.ReadAllBytesAsync(DatabasePath));
    }

    [Fact]
    public async Task A_place_that_cannot_hold_a_file_is_called_unavailable()
    {
        using var under = new SqliteStateStore(Path.Combine(_folder.Write("file", 1), "state.db"));
        await RefusedAsync("BW1102", () => under.GetAsync("c", "id", None));
        using var folder = new SqliteStateStore(_folder.Path);
        await RefusedAsync("BW1102", () => folder.GetAsync("c", "id", None));
        using var nowhere = new SqliteStateStore("/proc/bulwark/state.db");
        await RefusedAsync("BW1102", () => nowhere.GetAsync("c", "id", None));
    }

    [RootFact]
    public async Task A_store_on_a_read_only_disk_is_called_unavailable_in_words()
    {
        await _store.TryPutAsync("c", "id", "x"u8.ToArray(), 0, None);
        _store.Dispose();
        string folder = Path.GetDirectoryName(DatabasePath)!;
        Shell.Run("mount", "--bind", folder, folder);
        try
        {
            Shell.Run("mount", "-o", "remount,ro,bind", folder);
            using var store = new SqliteStateStore(DatabasePath);
            StateException error = await Assert.ThrowsAsync<StateException>(() => store.TryPutAsync("c", "id", "y"u8.ToArray(), 1, None));
            Assert.Equal("BW1102", error.Code);
            Assert.DoesNotContain("SQLite", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Shell.Run("umount", folder);
        }

        using var again = new SqliteStateStore(DatabasePath);
        Assert.Equal(1, (await again.GetAsync("c", "id", None))!.Version);
    }

    private static async Task RefusedAsync(string code, Func<Task> work)
    {
        StateException error = await Assert.ThrowsAsync<StateException>(work);
        Assert.Equal(code, error.Code);
        Assert.NotEmpty(error.Remedy);
    }
}
