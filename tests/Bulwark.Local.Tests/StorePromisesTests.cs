using Bulwark.Testing;

namespace Bulwark.Local.Tests;

/// <summary>The promises that every store keeps, here and in the clouds.</summary>
public sealed class StorePromisesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> ObjectPromises => [.. ObjectStorePromises.Names];

    public static TheoryData<string> StatePromises => [.. StateStorePromises.Names];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(ObjectPromises))]
    public Task Folders_keep_the_promises_of_an_object_store(string promise) =>
        new ObjectStorePromises(new FolderObjectStore(), _folder.Path).CheckAsync(promise);

    [Theory]
    [MemberData(nameof(StatePromises))]
    public async Task A_SQLite_file_keeps_the_promises_of_a_state_store(string promise)
    {
        using SqliteStateStore store = new(_folder["state.db"]);
        await new StateStorePromises(store).CheckAsync(promise);
    }
}
