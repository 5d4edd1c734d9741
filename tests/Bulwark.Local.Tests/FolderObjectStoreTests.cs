using System.Security.Cryptography;
using Bulwark.Local.Files;
using Bulwark.Storage;
using Bulwark.Testing;
using CsCheck;

namespace Bulwark.Local.Tests;

public sealed class FolderObjectStoreTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryFolder _folder = new();
    private readonly FolderObjectStore _store = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(8 << 20)]
    [InlineData((8 << 20) + 1)]
    [InlineData((12 << 20) + 4097)]
    [InlineData(21_000_003)]
    public async Task What_was_written_in_pieces_of_any_size_is_read_back(int size)
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(size);
        await using (IObjectWriter writer = await _store.CreateAsync(_folder.Path, "a/b/model", WriteCondition.IfAbsent, None))
        {
            var random = new Random(size);
            for (int at = 0; at < size;)
            {
                int count = Math.Min(size - at, random.Next(1, 3 << 20));
                await writer.WriteAsync(bytes.AsMemory(at, count), None);
                at += count;
            }

            ObjectRef written = await writer.CommitAsync(None);
            Assert.Equal(new ObjectRef("file", _folder.Path, "a/b/model", written.Version, size), written);
            Assert.Equal(written, await _store.FindAsync(_folder.Path, "a/b/model", None));
        }

        Assert.Equal(bytes, await File.ReadAllBytesAsync(_folder["a/b/model"]));
        Assert.Equal(bytes, await ReadAllAsync("a/b/model"));
    }

    [Fact]
    public async Task Bytes_written_after_a_flush_follow_those_before_it()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(23_456_789);
        await using IObjectWriter writer = await _store.CreateAsync(_folder.Path, "model", WriteCondition.Any, None);
        int[] cuts = [0, 100, 9_000_001, 9_000_002, 18_000_000, bytes.Length];
        for (int i = 1; i < cuts.Length; i++)
        {
            await writer.WriteAsync(bytes.AsMemory(cuts[i - 1]..cuts[i]), None);
            await writer.FlushAsync(None);
        }

        await writer.CommitAsync(None);
        Assert.Equal(bytes, await ReadAllAsync("model"));
    }

    [Fact]
    public async Task Nothing_is_visible_before_the_commit_and_nothing_is_left_after_a_disposal_without_one()
    {
        IObjectWriter writer = await _store.CreateAsync(_folder.Path, "model", WriteCondition.Any, None);
        await writer.WriteAsync(new byte[100], None);
        await writer.FlushAsync(None);
        Assert.Null(await _store.FindAsync(_folder.Path, "model", None));
        Assert.Empty(await ListAsync(""));
        Assert.Single(Directory.GetFiles(_folder.Path));
        await writer.DisposeAsync();
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_file_that_is_being_written_can_be_read_by_its_owner_only_and_is_ordinary_once_published()
    {
        await using IObjectWriter writer = await _store.CreateAsync(_folder.Path, "model", WriteCondition.Any, None);
        await writer.WriteAsync(new byte[100], None);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Directory.GetFiles(_folder.Path).Single()));
        await writer.CommitAsync(None);
        Assert.Equal((UnixFileMode)(0b110_100_100 & ~ProcessUmask.Read()), File.GetUnixFileMode(_folder["model"]));
    }

    [Fact]
    public async Task A_file_that_only_its_owner_could_read_stays_so_when_it_is_replaced()
    {
        File.SetUnixFileMode(_folder.Write("model", 1), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await PutAsync("model", [2], WriteCondition.Any);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["model"]));
    }

    [Fact]
    public async Task Of_sixteen_writers_that_create_one_name_exactly_one_wins()
    {
        for (int round = 0; round < 5; round++)
        {
            string name = $"race-{round}";
            byte?[] winners = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
            {
                try
                {
                    await PutAsync(name, [(byte)i], WriteCondition.IfAbsent);
                    return (byte?)i;
                }
                catch (StorageException e) when (e.Code == "BW1005")
                {
                    return null;
                }
            })));
            Assert.Equal([Assert.Single(winners, w => w is not null)!.Value], await File.ReadAllBytesAsync(_folder[name]));
        }

        Assert.Equal(5, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public async Task Of_sixteen_writers_that_replace_one_version_exactly_one_wins_each_round()
    {
        ObjectRef present = await PutAsync("counter", [0], WriteCondition.IfAbsent);
        for (int round = 0; round < 5; round++)
        {
            ObjectRef?[] winners = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
            {
                try
                {
                    return await PutAsync("counter", [(byte)i, 1], WriteCondition.IfVersion(present.Version));
                }
                catch (StorageException e) when (e.Code == "BW1005")
                {
                    return null;
                }
            })));
            present = Assert.Single(winners, w => w is not null)!;
            Assert.Equal(present, await _store.FindAsync(_folder.Path, "counter", None));
        }
    }

    [Fact]
    public async Task A_write_that_wants_a_version_is_refused_when_there_is_no_object()
    {
        await RefusedAsync("BW1005", () => PutAsync("model", [1], WriteCondition.IfVersion("1-2-3-4")));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_delete_takes_only_the_version_it_names()
    {
        ObjectRef first = await PutAsync("model", [1], WriteCondition.Any);
        ObjectRef second = await PutAsync("model", [2], WriteCondition.Any);
        await RefusedAsync("BW1004", () => _store.DeleteAsync(first, None));
        Assert.True(File.Exists(_folder["model"]));
        await _store.DeleteAsync(second, None);
        Assert.False(File.Exists(_folder["model"]));
        await _store.DeleteAsync(second, None);
    }

    [Fact]
    public async Task A_range_outside_the_file_is_refused()
    {
        ObjectRef reference = await PutAsync("model", new byte[10], WriteCondition.Any);
        await using IObjectReader reader = await _store.OpenReadAsync(reference, None);
        await reader.ReadAsync(10, Memory<byte>.Empty, None);
        foreach ((long offset, int length) in new[] { (0L, 11), (10L, 1), (-1L, 1), (long.MaxValue, 1), (11L, 0) })
            await RefusedAsync("BW1003", () => reader.ReadAsync(offset, new byte[length], None).AsTask());
    }

    [Fact]
    public async Task Many_ranges_of_one_reader_are_read_at_once()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(1 << 20);
        ObjectRef reference = await PutAsync("model", bytes, WriteCondition.Any);
        await using IObjectReader reader = await _store.OpenReadAsync(reference, None);
        await Parallel.ForAsync(0, 256, async (i, cancellation) =>
        {
            byte[] piece = new byte[4096];
            await reader.ReadAsync(i * 4096, piece, cancellation);
            Assert.True(piece.AsSpan().SequenceEqual(bytes.AsSpan(i * 4096, 4096)));
        });
    }

    public static TheoryData<string> Changes => ["append", "overwrite", "overwrite and restore mtime", "truncate", "replace", "delete"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_file_that_changes_while_it_is_read_is_noticed_by_the_next_read(string change)
    {
        string path = _folder.Write("model", new byte[100_000]);
        ObjectRef reference = (await _store.FindAsync(_folder.Path, "model", None))!;
        await using IObjectReader reader = await _store.OpenReadAsync(reference, None);
        byte[] buffer = new byte[1000];
        await reader.ReadAsync(0, buffer, None);
        await reader.EnsureUnchangedAsync(None);
        Change(path, change);
        await RefusedAsync("BW1004", () => reader.ReadAsync(99_000, buffer, None).AsTask());
        await RefusedAsync("BW1004", () => reader.EnsureUnchangedAsync(None).AsTask());
        await RefusedAsync(change == "delete" ? "BW1001" : "BW1004", () => _store.OpenReadAsync(reference, None));
    }

    [Fact]
    public async Task What_is_not_there_is_null_when_looked_for_and_an_error_when_opened()
    {
        foreach (string name in new[] { "model", "no/such/folder/model" })
        {
            Assert.Null(await _store.FindAsync(_folder.Path, name, None));
            await RefusedAsync("BW1001", () => _store.OpenReadAsync(new ObjectRef("file", _folder.Path, name, "v", 1), None));
        }

        string missing = _folder["missing"];
        Assert.Null(await _store.FindAsync(missing, "model", None));
        await RefusedAsync("BW1001", async () => await ListAsync("", missing));
        _folder.Write("file");
        Assert.Null(await _store.FindAsync(_folder.Path, "file/below", None));
        await RefusedAsync("BW1008", () => PutAsync("file/below", [1], WriteCondition.Any));
    }

    [Fact]
    public async Task The_list_comes_in_the_order_of_the_names_bytes_and_leaves_out_what_is_no_object()
    {
        // '-' and '.' sort before '/', so a folder's files stand between its neighbours; U+10000 sorts after U+FFFD in UTF-8 only.
        string[] names = ["a-b", "a.b", "a/b", "a/c/d", "a0", "b", "\uFFFDx", "\U00010000x", "\u00e9"];
        foreach (string name in names)
            _folder.Write(name, 1);
        await using IObjectWriter pending = await _store.CreateAsync(_folder.Path, "a/pending", WriteCondition.Any, None);
        File.CreateSymbolicLink(_folder["link"], _folder["b"]);
        Directory.CreateSymbolicLink(_folder["folder-link"], _folder["a"]);
        Shell.Run("mkfifo", _folder["pipe"]);
        string[] expected = [.. names.OrderBy(n => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(n)), StringComparer.Ordinal)];
        Assert.Equal(expected, await ListAsync(""));
        Assert.Equal(["a-b", "a.b", "a/b", "a/c/d", "a0"], await ListAsync("a"));
        Assert.Equal(["a/b", "a/c/d"], await ListAsync("a/"));
        Assert.Equal(["a/c/d"], await ListAsync("a/c"));
        Assert.Empty(await ListAsync("z"));
    }

    [Fact]
    public async Task A_name_that_is_not_UTF_8_is_reported_after_the_good_names()
    {
        _folder.Write("good", 1);
        _folder.Write("zzz", 1);
        Shell.Run("sh", "-c", $"printf x > \"{_folder.Path}/$(printf 'm\\377del')\"");
        var listed = new List<string>();
        StorageException error = await Assert.ThrowsAsync<StorageException>(async () =>
        {
            await foreach (ObjectRef reference in _store.ListAsync(_folder.Path, "", None))
                listed.Add(reference.Name);
        });
        Assert.Equal("BW1002", error.Code);
        Assert.Contains(@"m\xffdel", error.Message, StringComparison.Ordinal);
        Assert.Equal(["good", "zzz"], listed);
    }

    [Fact]
    public async Task A_file_name_with_a_control_character_is_reported_without_printing_it()
    {
        Shell.Run("sh", "-c", $"printf x > \"{_folder.Path}/$(printf 'a\\033[2Jb')\"");
        StorageException error = await Assert.ThrowsAsync<StorageException>(() => ListAsync(""));
        Assert.Equal("BW1002", error.Code);
        Assert.DoesNotContain('\u001b', error.Message);
    }

    [Fact]
    public void Any_tree_is_listed_whole_and_in_order() =>
        Gen.String[Gen.Char["ab./-é"], 1, 6].Array[0, 12].Sample(
            candidates =>
            {
                using var folder = new TemporaryFolder();
                foreach (string name in candidates.Where(n => ObjectPath.TryParse(n, out _) is null))
                {
                    try
                    {
                        folder.Write(name, 1);
                    }
                    catch (IOException)
                    {
                        // A folder where a file is, or the other way round.
                    }
                    catch (UnauthorizedAccessException)
                    {
                        // The same, as .NET says it.
                    }
                }

                string[] expected = [.. Directory.EnumerateFiles(folder.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
                    .Select(f => Path.GetRelativePath(folder.Path, f))
                    .OrderBy(n => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(n)), StringComparer.Ordinal)];
                Assert.Equal(expected, ListAsync("", folder.Path).GetAwaiter().GetResult());
            },
            iter: 100,
            threads: 1);

    [Fact]
    public async Task A_cancelled_write_publishes_nothing()
    {
        using var source = new CancellationTokenSource();
        await using IObjectWriter writer = await _store.CreateAsync(_folder.Path, "model", WriteCondition.Any, None);
        await writer.WriteAsync(new byte[10], None);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.CommitAsync(source.Token));
        Assert.False(File.Exists(_folder["model"]));
    }

    private static void Change(string path, string change)
    {
        DateTime before = File.GetLastWriteTimeUtc(path);
        switch (change)
        {
            case "append":
                File.AppendAllText(path, "x");
                break;
            case "truncate":
                using (FileStream stream = File.OpenWrite(path))
                    stream.SetLength(50_000);
                break;
            case "replace":
                File.WriteAllBytes(path + ".new", new byte[100_000]);
                File.Move(path + ".new", path, overwrite: true);
                break;
            case "delete":
                File.Delete(path);
                break;
            default:
                using (FileStream stream = File.OpenWrite(path))
                    stream.WriteByte(7);
                if (change != "overwrite")
                    File.SetLastWriteTimeUtc(path, before);
                break;
        }
    }

    private async Task<ObjectRef> PutAsync(string name, byte[] bytes, WriteCondition condition)
    {
        await using IObjectWriter writer = await _store.CreateAsync(_folder.Path, name, condition, None);
        await writer.WriteAsync(bytes, None);
        return await writer.CommitAsync(None);
    }

    private async Task<byte[]> ReadAllAsync(string name)
    {
        ObjectRef reference = (await _store.FindAsync(_folder.Path, name, None))!;
        await using IObjectReader reader = await _store.OpenReadAsync(reference, None);
        byte[] bytes = new byte[reference.Size];
        await reader.ReadAsync(0, bytes, None);
        return bytes;
    }

    private async Task<List<string>> ListAsync(string prefix, string? container = null)
    {
        var names = new List<string>();
        await foreach (ObjectRef reference in _store.ListAsync(container ?? _folder.Path, prefix, None))
            names.Add(reference.Name);
        return names;
    }

    private static async Task RefusedAsync(string code, Func<Task> work) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<StorageException>(work)).Code);
}
