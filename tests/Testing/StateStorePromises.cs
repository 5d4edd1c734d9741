using System.Reflection;
using System.Text;
using Bulwark.State;
using Xunit;

namespace Bulwark.Testing;

/// <summary>What <see cref="IStateStore"/> promises, to be checked on every store: one public method a promise.</summary>
/// <param name="store">An empty store.</param>
public sealed class StateStorePromises(IStateStore store)
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>The promises.</summary>
    public static IReadOnlyList<string> Names => [.. typeof(StateStorePromises)
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(m => m.ReturnType == typeof(Task) && m.GetParameters().Length == 0)
        .Select(m => m.Name)];

    /// <summary>Checks one promise.</summary>
    public Task CheckAsync(string promise) => (Task)typeof(StateStorePromises).GetMethod(promise)!.Invoke(this, null)!;

    /// <summary>A promise.</summary>
    public async Task A_document_is_written_replaced_and_deleted_by_version()
    {
        Assert.Null(await store.GetAsync("c", "id", None));
        Assert.Null(await store.TryPutAsync("c", "id", "x"u8.ToArray(), 1, None));
        Assert.Equal(1, (await store.TryPutAsync("c", "id", "one"u8.ToArray(), 0, None))!.Version);
        Assert.Null(await store.TryPutAsync("c", "id", "again"u8.ToArray(), 0, None));
        Assert.Equal(2, (await store.TryPutAsync("c", "id", "two"u8.ToArray(), 1, None))!.Version);
        Assert.Null(await store.TryPutAsync("c", "id", "late"u8.ToArray(), 1, None));
        StateDocument present = (await store.GetAsync("c", "id", None))!;
        Assert.Equal(2, present.Version);
        Assert.Equal("two"u8.ToArray(), present.Content.ToArray());
        Assert.Null(await store.GetAsync("other", "id", None));
        Assert.False(await store.TryDeleteAsync("c", "id", 1, None));
        Assert.True(await store.TryDeleteAsync("c", "id", 2, None));
        Assert.False(await store.TryDeleteAsync("c", "id", 2, None));
        Assert.Null(await store.GetAsync("c", "id", None));
    }

    /// <summary>A promise.</summary>
    public async Task A_document_may_be_empty_or_as_large_as_the_limit()
    {
        byte[] large = new byte[StateLimits.MaxContentBytes];
        large.AsSpan().Fill(0xff);
        string id = new('i', StateLimits.MaxIdBytes);
        Assert.NotNull(await store.TryPutAsync("empty", "id", default, 0, None));
        Assert.NotNull(await store.TryPutAsync(new string('c', StateLimits.MaxCollectionLength), id, large, 0, None));
        Assert.Equal(0, (await store.GetAsync("empty", "id", None))!.Content.Length);
        StateDocument present = (await store.GetAsync(new string('c', StateLimits.MaxCollectionLength), id, None))!;
        Assert.True(present.Content.Span.SequenceEqual(large));
    }

    /// <summary>A promise.</summary>
    public async Task The_list_has_the_ids_with_the_prefix_in_the_order_of_their_bytes()
    {
        string[] ids = [.. Enumerable.Range(0, 40).Select(i => $"k/{i}"), "k", "k0", "j", "l", "k/\u00e9", "k/\uFFFD", "k/\U00010000", "k/%", "k/_", "K/1"];
        foreach (string id in ids)
            await store.TryPutAsync("c", id, Encoding.UTF8.GetBytes(id), 0, None);
        await store.TryPutAsync("d", "k/x", default, 0, None);
        foreach (string prefix in new[] { "", "k/", "k/1", "K", "k/%", "zzz" })
        {
            List<string> listed = [];
            await foreach (StateDocument document in store.ListAsync("c", prefix, None))
            {
                listed.Add(document.Id);
                Assert.Equal(document.Id, Encoding.UTF8.GetString(document.Content.Span));
            }

            Assert.Equal(
                ids.Where(i => i.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(i => Convert.ToHexString(Encoding.UTF8.GetBytes(i)), StringComparer.Ordinal),
                listed);
        }
    }

    /// <summary>A promise.</summary>
    public async Task A_list_of_more_than_one_page_is_whole()
    {
        byte[] content = new byte[200_000];
        for (int i = 0; i < 12; i++)
            await store.TryPutAsync("c", $"{i:00}", content, 0, None);
        int count = 0;
        await foreach (StateDocument document in store.ListAsync("c", "", None))
        {
            Assert.Equal($"{count++:00}", document.Id);
            Assert.Equal(content.Length, document.Content.Length);
        }

        Assert.Equal(12, count);
    }

    /// <summary>A promise.</summary>
    public async Task What_is_outside_the_limits_is_refused()
    {
        foreach (string collection in new[] { "", "A", "a_b", "a/b", "\u00e9", new string('c', 65) })
            await RefusedAsync("BW1103", () => store.GetAsync(collection, "id", None));
        foreach (string id in new[] { "", new string('i', 1025), new string('\u00e9', 513), "\ud800" })
        {
            await RefusedAsync("BW1103", () => store.TryPutAsync("c", id, default, 0, None));
            await RefusedAsync("BW1103", () => store.TryDeleteAsync("c", id, 1, None));
        }

        await RefusedAsync("BW1103", () => store.TryPutAsync("c", "id", new byte[(256 * 1024) + 1], 0, None));
    }

    private static async Task RefusedAsync(string code, Func<Task> work) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<StateException>(work)).Code);
}
