using System.Security.Cryptography;
using Bulwark.Keys;
using Bulwark.Storage;

namespace Bulwark.Encryption;

/// <summary>
/// Encrypts one object to a Tink AES-GCM-HKDF body and its sidecar, under a fresh keyset. Reading, hashing, AES and writing overlap;
/// memory stays constant (at most about 64 MiB, or two segments where those are larger).
/// </summary>
/// <param name="parameters">Parameters of the fresh key; AES256_GCM_HKDF_1MB unless told.</param>
/// <remarks>A pipeline that has the plaintext in hand already uses <see cref="SegmentEncryptor"/> directly.</remarks>
public sealed class ModelEncryptor(StreamingAeadParameters? parameters = null)
{
    /// <summary>Encrypts. The caller commits <paramref name="body"/> and stores the sidecar.</summary>
    /// <param name="source">The plaintext.</param>
    /// <param name="body">Receives the body, front to back; it is not committed here.</param>
    /// <param name="associatedData">What the body is bound to, at most 4 KiB of UTF-8; the same text is needed to decrypt with Tink.</param>
    /// <param name="wrappingKeys">The keys that may open it: 1 to 64.</param>
    /// <param name="progress">Told the number of plaintext bytes written so far.</param>
    /// <param name="cancellationToken">Stops the work; the body must then not be committed.</param>
    /// <exception cref="EncryptionException">BW1910, BW1913, BW1914, BW1915.</exception>
    /// <exception cref="StorageException">The source cannot be read or changed meanwhile, or the body cannot be written.</exception>
    /// <exception cref="KeyException">A wrapping key fails.</exception>
    public async Task<EnvelopeSidecar> EncryptAsync(
        IObjectReader source,
        IObjectWriter body,
        string associatedData,
        IReadOnlyList<IWrappingKey> wrappingKeys,
        IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        using StreamingKeyset keyset = StreamingKeyset.Generate(parameters ?? StreamingAeadParameters.Aes256GcmHkdf1MB);
        using SegmentEncryptor encryptor = new(keyset.Primary, EnvelopeSidecar.EncodeAssociatedData(associatedData));
        using IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = source.Source.Size;
        SegmentLayout layout = encryptor.Layout;
        long last = layout.SegmentCount(length) - 1;

        await body.WriteAsync(encryptor.Header, cancellationToken);
        await new RunPipeline(layout, length).RunAsync(
            0,
            last,
            fill: async (slot, token) =>
            {
                await source.ReadAsync(slot.Run.PlaintextOffset, slot.Plaintext, token);
                digest.AppendData(slot.Plaintext.Span);
            },
            transform: (slot, _) =>
            {
                Encrypt(encryptor, slot, last);
                return Task.CompletedTask;
            },
            drain: async (slot, token) =>
            {
                await body.WriteAsync(slot.Ciphertext, token);
                progress?.Report(slot.Run.PlaintextOffset + slot.Run.PlaintextLength);
            },
            cancellationToken);
        await source.EnsureUnchangedAsync(cancellationToken);
        return await EnvelopeSidecar.CreateAsync(keyset, encryptor, associatedData, associatedData, length, digest.GetHashAndReset(), wrappingKeys, cancellationToken);
    }

    private static void Encrypt(SegmentEncryptor encryptor, RunPipeline.Slot slot, long last)
    {
        ReadOnlySpan<byte> plaintext = slot.Plaintext.Span;
        Span<byte> ciphertext = slot.Ciphertext.Span;
        for (int i = 0; i < slot.Run.Count; i++)
        {
            long index = slot.Run.First + i;
            int length = Math.Min(plaintext.Length, index == 0 ? encryptor.Layout.FirstCapacity : encryptor.Layout.Capacity);
            encryptor.Encrypt(index, index == last, plaintext[..length], ciphertext);
            plaintext = plaintext[length..];
            ciphertext = ciphertext[(length + SegmentLayout.TagLength)..];
        }
    }
}
