using Bulwark.Keys;

namespace Bulwark.Tests.Encryption;

/// <summary>A key service that counts its calls and refuses them all.</summary>
internal sealed class StubKey(string keyUri) : IWrappingKey, IDisposable
{
    public string KeyUri => keyUri;

    public int Calls { get; private set; }

    public Task<byte[]> WrapAsync(ReadOnlyMemory<byte> plaintext, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken) => Refuse();

    public Task<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken) => Refuse();

    public void Dispose()
    {
    }

    private Task<byte[]> Refuse()
    {
        Calls++;
        return Task.FromException<byte[]>(KeyException.CannotUnwrap(keyUri));
    }
}
