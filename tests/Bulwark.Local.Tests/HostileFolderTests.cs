using System.Net.Sockets;
using System.Runtime.InteropServices;
using Bulwark.Local.Files;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Local.Tests;

/// <summary>Names, links, devices, full disks and dead writers.</summary>
public sealed partial class HostileFolderTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryFolder _outside = new();
    private readonly TemporaryFolder _folder = new();
    private readonly FolderObjectStore _store = new();

    public static TheoryData<string> RefusedNames =>
    [
        "", "/", "/etc/passwd", ".", "..", "../x", "a/..", "a/../b", "a/../../b", "./a", "a/.", "a/./b", "a//b", "a/", "//a",
        "a\\b", "..\\x", "a\0b", "a\0", "a\nb", "a\u001b[2J", "a\u007f", "a\u0085",
        ".bulwark-0123456789abcdef01234567.tmp", "a/.bulwark-0123456789abcdef01234567.tmp",
        new string('n', 256), "a/" + new string('\u00e9', 128), string.Join('/', Enumerable.Repeat("abcdefghijklmno", 300)),
        string.Join('/', Enumerable.Repeat("a", 257)),
    ];

    public void Dispose()
    {
        _folder.Dispose();
        _outside.Dispose();
    }

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public async Task A_name_that_could_lead_elsewhere_is_refused_by_every_call(string name)
    {
        await RefusedAsync("BW1002", name);
        StorageException error = await Assert.ThrowsAsync<StorageException>(() => _store.FindAsync(_folder.Path, name, None));
        Assert.DoesNotContain(error.Message, char.IsControl);
        Assert.True(error.Message.Length < 600);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_name_that_is_not_Unicode_is_refused_by_every_call()
    {
        // Not theory data: xunit's own names of tests cannot carry half a surrogate pair.
        foreach (string name in new[] { "\ud800", "a\udc00b", "\udc00\ud800/x" })
            await RefusedAsync("BW1002", name);
    }

    [Theory]
    [InlineData("...")]
    [InlineData("..a")]
    [InlineData(".hidden/x")]
    [InlineData("a b/\u00fc \u6a21\u578b.safetensors")]
    [InlineData("-rf")]
    [InlineData("a:b*?<>|\"'$(x)`")]
    public async Task An_odd_name_that_stays_inside_is_allowed(string name)
    {
        await PutAsync(name, [1]);
        Assert.Equal([1], await File.ReadAllBytesAsync(_folder[name]));
        Assert.Equal(name, (await _store.FindAsync(_folder.Path, name, None))!.Name);
    }

    [Theory]
    [InlineData("relative/folder")]
    [InlineData("")]
    [InlineData("/tmp/a\0b")]
    public async Task A_container_that_is_no_absolute_path_is_refused(string container) =>
        Assert.Equal("BW1002", (await Assert.ThrowsAsync<StorageException>(() => _store.FindAsync(container, "a", None))).Code);

    [Fact]
    public async Task A_link_inside_the_container_is_never_followed()
    {
        string secret = _outside.Write("secret", 42);
        File.CreateSymbolicLink(_folder["file"], secret);
        File.CreateSymbolicLink(_folder["dangling"], _outside["nothing"]);
        File.CreateSymbolicLink(_folder["self"], _folder["self"]);
        Directory.CreateSymbolicLink(_folder["folder"], _outside.Path);
        _folder.Write("inside", 1);
        File.CreateSymbolicLink(_folder["near"], "inside");
        foreach (string name in new[] { "file", "dangling", "self", "folder", "folder/secret", "folder/new", "folder/deep/new", "near" })
            await RefusedAsync("BW1008", name);
        Assert.Equal([42], await File.ReadAllBytesAsync(secret));
        Assert.Equal([secret], Directory.GetFileSystemEntries(_outside.Path));
        await _store.SweepAbandonedAsync(_folder.Path, TimeSpan.FromDays(-1), None);
    }

    [Fact]
    public async Task The_container_itself_may_be_a_link()
    {
        string link = _folder["link"];
        Directory.CreateSymbolicLink(link, _outside.Path);
        _outside.Write("model", 1);
        Assert.NotNull(await _store.FindAsync(link, "model", None));
    }

    [Fact]
    public async Task A_folder_that_is_swapped_for_a_link_while_names_are_opened_never_lets_a_read_out()
    {
        _outside.Write("model", 42, 42);
        _folder.Write("a/model", 1);
        Directory.CreateSymbolicLink(_folder["link"], _outside.Path);
        using var done = new CancellationTokenSource();
        Task swapping = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                Assert.Equal(0, Rename(_folder["a"], _folder["b"]));
                Assert.Equal(0, Rename(_folder["link"], _folder["a"]));
                Assert.Equal(0, Rename(_folder["a"], _folder["link"]));
                Assert.Equal(0, Rename(_folder["b"], _folder["a"]));
            }
        });
        int found = 0;
        for (int i = 0; i < 2000; i++)
        {
            try
            {
                if (await _store.FindAsync(_folder.Path, "a/model", None) is { } reference)
                {
                    found++;
                    Assert.Equal(1, reference.Size);
                }
            }
            catch (StorageException e)
            {
                Assert.Equal("BW1008", e.Code);
            }
        }

        await done.CancelAsync();
        await swapping;
        Assert.NotEqual(0, found);
    }

    [Fact]
    public async Task Folders_pipes_and_sockets_are_refused_without_waiting_for_anyone()
    {
        Directory.CreateDirectory(_folder["folder"]);
        Shell.Run("mkfifo", _folder["pipe"]);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder["socket"]));
        foreach (string name in new[] { "folder", "pipe", "socket" })
            await RefusedAsync("BW1008", name);
        Assert.True(File.Exists(_folder["pipe"]));
    }

    [Theory]
    [InlineData("zero")]
    [InlineData("full")]
    [InlineData("null")]
    public async Task Devices_are_refused_and_stay_what_they_are(string name)
    {
        await RefusedAsync("BW1008", name, "/dev");
        Assert.Equal("BW1008", (await Assert.ThrowsAsync<StorageException>(
            () => _store.CreateAsync("/dev", name, WriteCondition.IfAbsent, None))).Code);
    }

    [Fact]
    public async Task A_target_that_becomes_something_else_before_the_commit_is_not_replaced()
    {
        await using IObjectWriter writer = await _store.CreateAsync(_folder.Path, "model", WriteCondition.Any, None);
        await writer.WriteAsync(new byte[] { 1 }, None);
        File.CreateSymbolicLink(_folder["model"], _outside.Write("target", 42));
        Assert.Equal("BW1008", (await Assert.ThrowsAsync<StorageException>(() => writer.CommitAsync(None))).Code);
        Assert.Equal([42], await File.ReadAllBytesAsync(_outside["target"]));
    }

    [Fact]
    public void A_file_that_this_user_may_not_read_is_said_to_be_so()
    {
        // Root may read everything, so a thread of its own takes another user's file system identity (setfsuid is per thread).
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(_folder.Write("model", 1), UnixFileMode.None);
        string? code = null;
        var thread = new Thread(() =>
        {
            _ = SetFileSystemUser(65534);
            using FolderHandle folder = FolderHandle.OpenContainer(_folder.Path, FolderUse.Pass)!;
            Assert.NotNull(folder.Look("model", "model"));
            code = (Record.Exception(() => folder.OpenFile("model", "model")) as StorageException)?.Code;
        });
        thread.Start();
        thread.Join();
        Assert.Equal("BW1007", code);
    }

    [RootFact]
    public async Task A_full_disk_is_said_to_be_full_and_nothing_is_left_on_it()
    {
        foreach ((string size, int written) in new[] { ("1m", 2 << 20), ("10m", 40 << 20) })
        {
            string disk = Directory.CreateDirectory(_folder["disk"]).FullName;
            Shell.Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk);
            try
            {
                await PutAsync("disk/kept", [1, 2, 3]);
                StorageException error = await Assert.ThrowsAsync<StorageException>(() => PutAsync("disk/model", new byte[written]));
                Assert.Equal("BW1006", error.Code);
                Assert.Equal([Path.Combine(disk, "kept")], Directory.GetFileSystemEntries(disk));
                await PutAsync("disk/small", [4]);
            }
            finally
            {
                Shell.Run("umount", disk);
            }
        }
    }

    [RootFact]
    public async Task A_disk_that_may_not_be_written_is_said_to_be_so()
    {
        string disk = Directory.CreateDirectory(_folder["disk"]).FullName;
        Shell.Run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", disk);
        try
        {
            Assert.Equal("BW1007", (await Assert.ThrowsAsync<StorageException>(() => PutAsync("disk/model", [1]))).Code);
            using var state = new SqliteStateStore(Path.Combine(disk, "state.db"));
            Assert.Equal("BW1102", (await Assert.ThrowsAsync<Bulwark.State.StateException>(() => state.GetAsync("c", "id", None))).Code);
        }
        finally
        {
            Shell.Run("umount", disk);
        }
    }

    [Fact]
    public async Task A_dead_writers_file_is_hidden_and_swept_and_a_living_ones_is_left_alone()
    {
        DieWhileWriting("a");
        await using IObjectWriter living = await _store.CreateAsync(_folder.Path, "a/living", WriteCondition.Any, None);
        await living.WriteAsync(new byte[100], None);
        Assert.Empty(await ListAsync());
        Assert.Equal(0, await _store.SweepAbandonedAsync(_folder["a"], TimeSpan.FromHours(1), None));
        Assert.Equal(0, await _store.SweepAbandonedAsync(_folder.Path, TimeSpan.FromHours(-1), None)); // a container of its own
        Assert.Equal(1, await _store.SweepAbandonedAsync(_folder["a"], TimeSpan.FromHours(-1), None));
        await living.CommitAsync(None);
        Assert.Equal([_folder["a/living"]], Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_a_dead_writer_left_does_not_keep_a_retry_from_writing()
    {
        DieWhileWriting("");
        await PutAsync("model", [1]);
        Assert.Equal(["model"], await ListAsync());
    }

    [Fact]
    public async Task A_sweeper_never_takes_the_file_of_a_writer_that_has_only_just_begun()
    {
        using var done = new CancellationTokenSource();
        Task sweeping = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                await _store.SweepAbandonedAsync(_folder.Path, TimeSpan.FromDays(-36500), None);
        });
        for (int i = 0; i < 1000; i++)
            await PutAsync($"m{i % 10}", [1]);
        await done.CancelAsync();
        await sweeping;
        Assert.Equal(10, (await ListAsync()).Count);
    }

    private void DieWhileWriting(string part)
    {
        // A killed process: the kernel closes its descriptors, and nobody removes its file.
        using FolderHandle folder = FolderHandle.OpenContainer(Path.Combine(_folder.Path, part), FolderUse.Make)!;
        using FileForWriting file = folder.CreateFile(TemporaryName.Next(), 0b110_100_100, "model");
        file.Append(new byte[12 << 20]);
    }

    private async Task RefusedAsync(string code, string name, string? container = null)
    {
        container ??= _folder.Path;
        var reference = new ObjectRef("file", container, name, "v", 1);
        foreach (Func<Task> call in new Func<Task>[]
        {
            () => _store.FindAsync(container, name, None),
            () => _store.OpenReadAsync(reference, None),
            () => _store.CreateAsync(container, name, WriteCondition.Any, None),
        })
        {
            Assert.Equal(code, (await Assert.ThrowsAsync<StorageException>(call)).Code);
        }

        Assert.NotNull(await Record.ExceptionAsync(() => _store.DeleteAsync(reference, None)) as StorageException);
    }

    private async Task PutAsync(string name, byte[] bytes)
    {
        await using IObjectWriter writer = await _store.CreateAsync(_folder.Path, name, WriteCondition.Any, None);
        await writer.WriteAsync(bytes, None);
        await writer.CommitAsync(None);
    }

    private async Task<List<string>> ListAsync()
    {
        var names = new List<string>();
        await foreach (ObjectRef reference in _store.ListAsync(_folder.Path, "", None))
            names.Add(reference.Name);
        return names;
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileSystemUser(uint user);

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);
}
