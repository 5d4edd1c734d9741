using Bulwark.Encryption;
using Bulwark.Keys;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Encryption;

/// <summary>A plaintext, and what <see cref="ModelEncryptor"/> made of it under one local key-encryption key.</summary>
internal sealed record EncryptedModel(byte[] Plaintext, byte[] Body, EnvelopeSidecar Sidecar, KeysetWrappingKey Kek) : IDisposable
{
    public static async Task<EncryptedModel> MakeAsync(
        int length, StreamingAeadParameters? parameters = null, string associatedData = "models/a", KeysetWrappingKey? kek = null, int seed = 1)
    {
        byte[] plaintext = new byte[length];
        new Random(seed).NextBytes(plaintext);
        kek ??= KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson());
        MemoryObjectStore store = new();
        await using IObjectReader source = await store.OpenReadAsync(store.Put("c", "model", plaintext), CancellationToken.None);
        await using IObjectWriter body = await store.CreateAsync("c", "model.enc", WriteCondition.IfAbsent, CancellationToken.None);
        EnvelopeSidecar sidecar = await new ModelEncryptor(parameters).EncryptAsync(source, body, associatedData, [kek], null, CancellationToken.None);
        await body.CommitAsync(CancellationToken.None);
        return new EncryptedModel(plaintext, store.Get("c", "model.enc"), sidecar, kek);
    }

    /// <summary>Opens <paramref name="body"/> (this model's, unless told) by this model's sidecar and key.</summary>
    public async Task<ModelDecryptor> OpenAsync(
        byte[]? body = null, EnvelopeSidecar? sidecar = null, IWrappingKey? key = null, string? expected = null, Func<IObjectReader, IObjectReader>? wrap = null)
    {
        MemoryObjectStore store = new();
        IObjectReader reader = await store.OpenReadAsync(store.Put("c", "model.enc", body ?? Body), CancellationToken.None);
        return await ModelDecryptor.OpenAsync(wrap?.Invoke(reader) ?? reader, sidecar ?? Sidecar, [key ?? Kek], expected, CancellationToken.None);
    }

    /// <summary>Opens and decrypts everything into <paramref name="sink"/>.</summary>
    public async Task DecryptAsync(RecordingSink sink, byte[]? body = null, EnvelopeSidecar? sidecar = null, IWrappingKey? key = null)
    {
        using ModelDecryptor decryptor = await OpenAsync(body, sidecar, key);
        await decryptor.DecryptAsync(sink.WriteAsync, true, null, CancellationToken.None);
    }

    /// <summary>The body with one bit changed.</summary>
    public byte[] WithFlippedBit(long position, int bit = 0)
    {
        byte[] changed = (byte[])Body.Clone();
        changed[position] ^= (byte)(1 << bit);
        return changed;
    }

    /// <summary>The keyset, unwrapped, in Tink's cleartext JSON.</summary>
    public async Task<byte[]> KeysetJsonAsync()
    {
        using StreamingKeyset keyset = await Sidecar.UnwrapAsync([Kek], CancellationToken.None);
        return keyset.ToJson();
    }

    public void Dispose() => Kek.Dispose();
}
