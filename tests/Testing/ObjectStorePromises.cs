using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Storage;
using Xunit;

namespace Bulwark.Testing;

/// <summary>What <see cref="IObjectStore"/> promises, to be checked on every store: one public method a promise.</summary>
/// <param name="store">The store.</param>
/// <param name="container">An empty container of it.</param>
public sealed class ObjectStorePromises(IObjectStore store, string container)
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>The promises.</summary>
    public static IReadOnlyList<string> Names => [.. typeof(ObjectStorePromises)
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(m => m.ReturnType == typeof(Task) && m.GetParameters().Length == 0)
        .Select(m => m.Name)];

    /// <summary>Checks one promise.</summary>
    public Task CheckAsync(string promise) => (Task)typeof(ObjectStorePromises).GetMethod(promise)!.Invoke(this, null)!;

    /// <summary>A promise.</summary>
    public async Task What_was_written_in_pieces_of_any_size_is_read_back()
    {
        foreach (int size in new[] { 0, 1, 65_536, 65_537, 5_000_000, 8 << 20, (8 << 20) + 1, (16 << 20) + 4097, 21_000_003 })
        {
            byte[] bytes = RandomNumberGenerator.GetBytes(size);
            string name = $"a/b/model-{size}";
            await using IObjectWriter writer = await store.CreateAsync(container, name, WriteCondition.IfAbsent, None);
            var random = new Random(size);
            for (int at = 0; at < size;)
            {
                int count = Math.Min(size - at, random.Next(1, 3 << 20));
                await writer.WriteAsync(bytes.AsMemory(at, count), None);
                at += count;
            }

            ObjectRef written = await writer.CommitAsync(None);
            Assert.Equal(size, written.Size);
            Assert.Equal((container, name), (written.Container, written.Name));
            Assert.Equal(written, await store.FindAsync(container, name, None));
            Equal(bytes, await ReadAsync(written));
        }
    }

    /// <summary>A promise.</summary>
    public async Task Bytes_written_after_a_flush_follow_those_before_it()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(23_456_789);
        await using IObjectWriter writer = await store.CreateAsync(container, "model", WriteCondition.Any, None);
        int[] cuts = [0, 100, 9_000_001, 9_000_002, 18_000_000, bytes.Length];
        for (int i = 1; i < cuts.Length; i++)
        {
            await writer.WriteAsync(bytes.AsMemory(cuts[i - 1]..cuts[i]), None);
            await writer.FlushAsync(None);
        }

        Equal(bytes, await ReadAsync(await writer.CommitAsync(None)));
    }

    /// <summary>A promise.</summary>
    public async Task Nothing_is_visible_before_the_commit_or_after_a_disposal_without_one()
    {
        foreach (int size in new[] { 100, 20_000_000 })
        {
            await using (IObjectWriter writer = await store.CreateAsync(container, "model", WriteCondition.Any, None))
            {
                await writer.WriteAsync(new byte[size], None);
                await writer.FlushAsync(None);
                Assert.Null(await store.FindAsync(container, "model", None));
                Assert.Empty(await ListAsync(""));
            }

            Assert.Null(await store.FindAsync(container, "model", None));
        }
    }

    /// <summary>A promise.</summary>
    public async Task A_commit_is_final()
    {
        await using IObjectWriter writer = await store.CreateAsync(container, "model", WriteCondition.Any, None);
        await writer.CommitAsync(None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteAsync(new byte[1], None).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CommitAsync(None));
    }

    /// <summary>A promise.</summary>
    public async Task A_write_is_published_only_under_its_condition()
    {
        foreach (int size in new[] { 1000, 9_000_000 })
        {
            string name = $"model-{size}";
            await RefusedAsync("BW1005", () => PutAsync(name, Filled(size, 1), WriteCondition.IfVersion("0123456789abcdef0123456789abcdef")));
            ObjectRef first = await PutAsync(name, Filled(size, 1), WriteCondition.IfAbsent);
            await RefusedAsync("BW1005", () => PutAsync(name, Filled(size, 2), WriteCondition.IfAbsent));
            ObjectRef second = await PutAsync(name, Filled(size, 3), WriteCondition.IfVersion(first.Version));
            Assert.NotEqual(first.Version, second.Version);
            await RefusedAsync("BW1005", () => PutAsync(name, Filled(size, 4), WriteCondition.IfVersion(first.Version)));
            Assert.Equal(second, await store.FindAsync(container, name, None));
            Equal(Filled(size, 3), await ReadAsync(second));
            ObjectRef third = await PutAsync(name, Filled(size, 5), WriteCondition.Any);
            Assert.Equal(third, await store.FindAsync(container, name, None));
        }
    }

    /// <summary>A promise.</summary>
    public async Task A_delete_takes_only_the_version_it_names()
    {
        ObjectRef first = await PutAsync("model", [1], WriteCondition.Any);
        ObjectRef second = await PutAsync("model", [2], WriteCondition.Any);
        await RefusedAsync("BW1004", () => store.DeleteAsync(first, None));
        Assert.Equal(second, await store.FindAsync(container, "model", None));
        await store.DeleteAsync(second, None);
        Assert.Null(await store.FindAsync(container, "model", None));
        Assert.Empty(await ListAsync(""));
        await store.DeleteAsync(second, None);
        ObjectRef third = await PutAsync("model", [3], WriteCondition.IfAbsent);
        Assert.Equal(third, await store.FindAsync(container, "model", None));
    }

    /// <summary>A promise.</summary>
    public async Task A_range_outside_the_object_is_refused()
    {
        ObjectRef reference = await PutAsync("model", new byte[10], WriteCondition.Any);
        await using IObjectReader reader = await store.OpenReadAsync(reference, None);
        await reader.ReadAsync(10, Memory<byte>.Empty, None);
        foreach ((long offset, int length) in new[] { (0L, 11), (10L, 1), (-1L, 1), (long.MaxValue, 1), (11L, 0) })
            await RefusedAsync("BW1003", () => reader.ReadAsync(offset, new byte[length], None).AsTask());
    }

    /// <summary>A promise.</summary>
    public async Task Many_ranges_of_one_reader_are_read_at_once()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(1 << 20);
        await using IObjectReader reader = await store.OpenReadAsync(await PutAsync("model", bytes, WriteCondition.Any), None);
        await Parallel.ForAsync(0, 64, async (i, cancellation) =>
        {
            byte[] piece = new byte[4096];
            await reader.ReadAsync(i * 4096, piece, cancellation);
            Assert.True(piece.AsSpan().SequenceEqual(bytes.AsSpan(i * 4096, 4096)));
        });
    }

    /// <summary>A promise.</summary>
    public async Task An_object_that_is_replaced_or_deleted_is_noticed()
    {
        ObjectRef first = await PutAsync("model", Filled(1000, 1), WriteCondition.Any);
        await using IObjectReader reader = await store.OpenReadAsync(first, None);
        Assert.Equal(first, reader.Source);
        await reader.EnsureUnchangedAsync(None);
        ObjectRef second = await PutAsync("model", Filled(1000, 2), WriteCondition.Any);
        await RefusedAsync("BW1004", () => reader.EnsureUnchangedAsync(None).AsTask());
        await RefusedAsync("BW1004", () => store.OpenReadAsync(first, None));
        await using IObjectReader later = await store.OpenReadAsync(second, None);
        await store.DeleteAsync(second, None);
        await RefusedAsync("BW1004", () => later.EnsureUnchangedAsync(None).AsTask());
        await RefusedAsync("BW1001", () => store.OpenReadAsync(second, None));
    }

    /// <summary>A promise.</summary>
    public async Task What_is_not_there_is_null_when_looked_for_and_an_error_when_opened()
    {
        foreach (string name in new[] { "model", "no/such/folder/model" })
        {
            Assert.Null(await store.FindAsync(container, name, None));
            await RefusedAsync("BW1001", () => store.OpenReadAsync(new ObjectRef("file", container, name, "v", 1), None));
        }
    }

    /// <summary>A promise.</summary>
    public async Task The_list_comes_in_the_order_of_the_names_bytes()
    {
        // '-' and '.' sort before '/', so a folder's files stand between its neighbours; U+10000 sorts after U+FFFD in UTF-8 only.
        string[] names = ["a-b", "a.b", "a/b", "a/c/d", "a0", "b", "\uFFFDx", "\U00010000x", "\u00e9", "sp ace+plus&amp;%41", "c?d#e"];
        foreach (string name in names)
            await PutAsync(name, Encoding.UTF8.GetBytes(name), WriteCondition.IfAbsent);
        string[] expected = [.. names.OrderBy(n => Convert.ToHexString(Encoding.UTF8.GetBytes(n)), StringComparer.Ordinal)];
        Assert.Equal(expected, await ListAsync(""));
        Assert.Equal(["a-b", "a.b", "a/b", "a/c/d", "a0"], await ListAsync("a"));
        Assert.Equal(["a/b", "a/c/d"], await ListAsync("a/"));
        Assert.Equal(["a/c/d"], await ListAsync("a/c"));
        Assert.Equal(["sp ace+plus&amp;%41"], await ListAsync("sp ace+"));
        Assert.Empty(await ListAsync("z"));
    }

    /// <summary>A promise.</summary>
    public async Task A_listed_object_can_be_read_replaced_and_deleted()
    {
        await PutAsync("one", [1], WriteCondition.IfAbsent);
        await PutAsync("two", [2], WriteCondition.IfAbsent);
        List<ObjectRef> listed = [];
        await foreach (ObjectRef found in store.ListAsync(container, "", None))
            listed.Add(found);
        Assert.Equal([1L, 1L], listed.Select(o => o.Size));
        Assert.Equal([1], await ReadAsync(listed[0]));
        await PutAsync("one", [3], WriteCondition.IfVersion(listed[0].Version));
        await RefusedAsync("BW1004", () => store.DeleteAsync(listed[0], None));
        await store.DeleteAsync(listed[1], None);
        Assert.Equal(["one"], await ListAsync(""));
    }

    /// <summary>A promise.</summary>
    public async Task Names_of_any_portable_kind_are_kept_as_they_are()
    {
        string longest = string.Join('/', Enumerable.Repeat(new string('x', 203), 5)) + "/end";
        Assert.Equal(1023, longest.Length);
        foreach (string name in new[] { "a b", " lead", "1+1=2", "a%20b", "a&b;c", "~(x)'\"<>", "\u00e4\u65e5\U0001F600", "e\u0301", "\u00e9", longest })
        {
            ObjectRef written = await PutAsync(name, Encoding.UTF8.GetBytes(name), WriteCondition.IfAbsent);
            Assert.Equal(written, await store.FindAsync(container, name, None));
            Assert.Equal(Encoding.UTF8.GetBytes(name), await ReadAsync(written));
            await store.DeleteAsync(written, None);
        }

        Assert.Empty(await ListAsync(""));
    }

    /// <summary>A promise.</summary>
    public async Task Names_that_could_leave_the_container_are_refused()
    {
        foreach (string name in new[] { "", "..", "../a", "a/../b", "/a", "a/./b", "a\nb", "a\0b", "\ud800" })
        {
            await RefusedAsync("BW1002", () => store.FindAsync(container, name, None));
            await RefusedAsync("BW1002", () => store.OpenReadAsync(new ObjectRef("file", container, name, "v", 1), None));
            await RefusedAsync("BW1002", () => store.CreateAsync(container, name, WriteCondition.Any, None));
            await RefusedAsync("BW1002", () => store.DeleteAsync(new ObjectRef("file", container, name, "v", 1), None));
        }
    }

    /// <summary>A promise.</summary>
    public async Task A_cancelled_write_publishes_nothing()
    {
        using var source = new CancellationTokenSource();
        await using IObjectWriter writer = await store.CreateAsync(container, "model", WriteCondition.Any, None);
        await writer.WriteAsync(new byte[10_000_000], None);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.CommitAsync(source.Token));
        Assert.Null(await store.FindAsync(container, "model", None));
    }

    // Assert.Equal takes seconds for megabytes.
    private static void Equal(byte[] expected, byte[] actual) => Assert.True(expected.AsSpan().SequenceEqual(actual));

    private static byte[] Filled(int size, byte value)
    {
        byte[] bytes = new byte[size];
        Array.Fill(bytes, value);
        return bytes;
    }

    private async Task<ObjectRef> PutAsync(string name, byte[] bytes, WriteCondition condition)
    {
        await using IObjectWriter writer = await store.CreateAsync(container, name, condition, None);
        await writer.WriteAsync(bytes, None);
        return await writer.CommitAsync(None);
    }

    private async Task<byte[]> ReadAsync(ObjectRef reference)
    {
        await using IObjectReader reader = await store.OpenReadAsync(reference, None);
        byte[] bytes = new byte[reference.Size];
        await reader.ReadAsync(0, bytes, None);
        return bytes;
    }

    private async Task<List<string>> ListAsync(string prefix)
    {
        List<string> names = [];
        await foreach (ObjectRef reference in store.ListAsync(container, prefix, None))
            names.Add(reference.Name);
        return names;
    }

    private static async Task RefusedAsync(string code, Func<Task> work) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<StorageException>(work)).Code);
}
