using System.Security.Cryptography;
using Bulwark.Encryption;
using Bulwark.Models;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>Pass 2: one read of the file hashes it and encrypts it.</summary>
internal static class TransformPass
{
    /// <summary>Runs the pass; the body is written but not committed.</summary>
    /// <returns>SHA-256 of the plaintext that was encrypted, 32 bytes.</returns>
    public static async Task<byte[]> RunAsync(
        ModelFile model, SegmentEncryptor encryptor, IObjectWriter body, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        long size = model.Reader.Source.Size;
        using IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        EncryptingWriter encrypting = new(encryptor, size, body);
        await encrypting.BeginAsync(cancellationToken);
        await WindowPipeline.RunAsync(
            model.Reader,
            FileWindow.Cut(size, model.Tensors),
            prepare: null,
            [
                (_, bytes) =>
                {
                    sha256.AppendData(bytes.Span);
                    return ValueTask.CompletedTask;
                },
                (_, bytes) => encrypting.WriteAsync(bytes, cancellationToken),
            ],
            StageProgress.Of(progress, "protect", size),
            cancellationToken);
        return sha256.GetHashAndReset();
    }
}
