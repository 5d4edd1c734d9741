using System.Runtime.CompilerServices;
using Bulwark.Local.Files;
using Bulwark.State;
using Bulwark.Storage;
using Microsoft.Data.Sqlite;

namespace Bulwark.Local;

/// <summary>Versioned documents in one SQLite file, shared safely by threads and processes.</summary>
/// <remarks>
/// WAL journal with <c>synchronous=FULL</c>: a write that returned survives a power cut. Every compare-and-swap is one statement.
/// The file is made on first use with mode 0600.
/// </remarks>
/// <param name="path">Path of the database file; missing folders are made.</param>
public sealed class SqliteStateStore(string path) : IStateStore, IDisposable
{
    // "Bulw" as a big-endian number, and the version of the table's layout (PRAGMA application_id, user_version).
    private const int ApplicationId = 0x42756c77;
    private const int LayoutVersion = 1;
    private const int BusySeconds = 30;
    private const int SharedFileBytes = 32 * 1024; // what the -shm file begins with
    private const int PageOfDocuments = 64;

    private readonly SemaphoreSlim _gate = new(1);
    private SqliteConnection? _connection;
    private bool _disposed;

    /// <inheritdoc />
    public Task<StateDocument?> GetAsync(string collection, string id, CancellationToken cancellationToken)
    {
        StateLimits.CheckCollection(collection);
        StateLimits.CheckId(id);
        return UseAsync(
            connection =>
            {
                using SqliteCommand command = Command(
                    connection, "SELECT version, content FROM document WHERE collection = $collection AND id = $id", collection, id);
                using SqliteDataReader reader = command.ExecuteReader();
                return reader.Read() ? new StateDocument(collection, id, reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : null;
            },
            cancellationToken);
    }

    /// <inheritdoc />
    public Task<StateDocument?> TryPutAsync(
        string collection, string id, ReadOnlyMemory<byte> content, long expectedVersion, CancellationToken cancellationToken)
    {
        StateLimits.CheckCollection(collection);
        StateLimits.CheckId(id);
        StateLimits.CheckContent(content.Span);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        return UseAsync(
            connection =>
            {
                byte[] bytes = content.ToArray();
                using SqliteCommand command = Command(
                    connection,
                    expectedVersion == 0
                        ? "INSERT INTO document (collection, id, version, content) VALUES ($collection, $id, 1, $content) ON CONFLICT DO NOTHING"
                        : "UPDATE document SET version = version + 1, content = $content WHERE collection = $collection AND id = $id AND version = $expected",
                    collection,
                    id);
                command.Parameters.AddWithValue("$content", bytes);
                command.Parameters.AddWithValue("$expected", expectedVersion);
                return command.ExecuteNonQuery() == 1 ? new StateDocument(collection, id, expectedVersion + 1, bytes) : null;
            },
            cancellationToken);
    }

    /// <inheritdoc />
    public Task<bool> TryDeleteAsync(string collection, string id, long expectedVersion, CancellationToken cancellationToken)
    {
        StateLimits.CheckCollection(collection);
        StateLimits.CheckId(id);
        return UseAsync(
            connection =>
            {
                using SqliteCommand command = Command(
                    connection, "DELETE FROM document WHERE collection = $collection AND id = $id AND version = $expected", collection, id);
                command.Parameters.AddWithValue("$expected", expectedVersion);
                return command.ExecuteNonQuery() == 1;
            },
            cancellationToken);
    }

    /// <inheritdoc />
    /// <remarks>Read in pages, so the file is not kept busy between two documents; later pages show later changes.</remarks>
    public async IAsyncEnumerable<StateDocument> ListAsync(
        string collection, string idPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StateLimits.CheckCollection(collection);
        StateLimits.CheckIdPrefix(idPrefix);
        StateDocument? last = null;
        while (true)
        {
            StateDocument? after = last;
            List<StateDocument> page = await UseAsync(
                connection => ReadPage(connection, collection, after?.Id ?? idPrefix, inclusive: after is null), cancellationToken);
            foreach (StateDocument document in page)
            {
                if (!document.Id.StartsWith(idPrefix, StringComparison.Ordinal))
                    yield break;
                cancellationToken.ThrowIfCancellationRequested();
                yield return document;
            }

            if (page.Count < PageOfDocuments)
                yield break;
            last = page[^1];
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _gate.Wait();
        _disposed = true;
        _connection?.Dispose();
        _connection = null;
        _gate.Release();
    }

    private static List<StateDocument> ReadPage(SqliteConnection connection, string collection, string from, bool inclusive)
    {
        // TEXT compares as the bytes of its UTF-8, so the ids with one prefix stand together.
        using SqliteCommand command = Command(
            connection,
            $"SELECT id, version, content FROM document WHERE collection = $collection AND id {(inclusive ? ">=" : ">")} $id ORDER BY id LIMIT {PageOfDocuments}",
            collection,
            from);
        using SqliteDataReader reader = command.ExecuteReader();
        var page = new List<StateDocument>();
        while (reader.Read())
            page.Add(new StateDocument(collection, reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2)));
        return page;
    }

    private static SqliteCommand Command(SqliteConnection connection, string text, string collection, string id)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // every text is one of the constants above
        command.CommandText = text;
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$collection", collection);
        command.Parameters.AddWithValue("$id", id);
        return command;
    }

    private async Task<T> UseAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);

            // SQLite has no asynchronous calls; an fsync is too long for the caller's thread.
            return await Task.Run(() => work(_connection ??= Open()), cancellationToken);
        }
        catch (SqliteException e)
        {
            throw Translate(e);
        }
        catch (InvalidCastException e)
        {
            throw StateException.Damaged(What, "a column holds what it should not", e);
        }
        catch (StorageException e)
        {
            throw e.Code == "BW1006" ? StateException.NoSpace(What, e) : StateException.Unavailable(What, e.Message, e);
        }
        finally
        {
            _gate.Release();
        }
    }

    private string What => $"The state store {path}";

    private SqliteConnection Open()
    {
        string full = Path.GetFullPath(path);
        MakePrivateFile(full);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = full,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = BusySeconds,
        }.ToString());
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {BusySeconds * 1000}; PRAGMA synchronous = FULL;");
            using (connection.BeginTransaction(deferred: true))
                RequireOurs(connection);
            Execute(connection, "PRAGMA journal_mode = WAL;");
            Prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // Closing any descriptor of a file drops this process's locks on it (sqlite.org/howtocorrupt.html, 2.2),
    // so SQLite is given a file that was closed before it had its name.
    private void MakePrivateFile(string full)
    {
        if (File.Exists(full) || Path.GetDirectoryName(full) is not { } parent)
            return;
        using FolderHandle folder = FolderHandle.OpenContainer(parent, FolderUse.Make) ?? throw StorageException.NotFound(parent);
        PrivateFile.TryCreate(folder, Path.GetFileName(full), [], What);
    }

    private void Prepare(SqliteConnection connection)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        if (RequireOurs(connection))
            return;
        Execute(
            connection,
            $"""
            CREATE TABLE document (
                collection TEXT NOT NULL,
                id TEXT NOT NULL,
                version INTEGER NOT NULL,
                content BLOB NOT NULL,
                PRIMARY KEY (collection, id)
            ) WITHOUT ROWID, STRICT;
            PRAGMA application_id = {ApplicationId};
            PRAGMA user_version = {LayoutVersion};
            """);
        transaction.Commit();
    }

    // False for a new, empty file.
    private bool RequireOurs(SqliteConnection connection)
    {
        long application = Number(connection, "PRAGMA application_id");
        long layout = Number(connection, "PRAGMA user_version");
        if (application == 0 && layout == 0 && Number(connection, "SELECT count(*) FROM sqlite_master") == 0)
            return false;
        if (application != ApplicationId)
            throw StateException.Damaged(What, "it is a database of another program");
        return layout == LayoutVersion
            ? true
            : throw StateException.Damaged(What, $"its layout is version {layout}; this program knows version {LayoutVersion}");
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // every text is one of the constants above
        command.CommandText = text;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // every text is one of the constants above
        command.CommandText = text;
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    }

    private bool IsFull()
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace < SharedFileBytes;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    // Result codes: sqlite.org/rescode.html
    private StateException Translate(SqliteException e) => e.SqliteErrorCode switch
    {
        5 or 6 => StateException.Busy(What, e),
        14 => StateException.Unavailable(What, "the file or its journal beside it can be neither opened nor made", e),
        8 or 23 => StateException.Unavailable(What, "it may not be written", e),
        11 or 26 => StateException.Damaged(What, e.Message.TrimEnd('.'), e),
        13 => StateException.NoSpace(What, e),
        // What SQLite says when there is no room for the file that its processes share.
        10 when IsFull() => StateException.NoSpace(What, e),
        1 => StateException.Damaged(What, e.Message.TrimEnd('.'), e),
        _ => StateException.Unavailable(What, e.Message.TrimEnd('.'), e),
    };
}
