using Bulwark.Keys;

namespace Bulwark.Tests.Encryption;

/// <summary>A key under another name.</summary>
internal sealed class RenamedKey(IWrappingKey inner, string keyUri) : IWrappingKey
{
    public string KeyUri => keyUri;

    public Task<byte[]> WrapAsync(ReadOnlyMemory<byte> plaintext, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken) =>
        inner.WrapAsync(plaintext, associatedData, cancellationToken);

    public Task<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken) =>
        inner.UnwrapAsync(wrapped, associatedData, cancellationToken);
}
