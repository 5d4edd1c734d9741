using Bulwark.Encryption;
using Bulwark.Storage;

namespace Bulwark.Tests.Encryption;

/// <summary>The body of a large model of zeros, encrypted where it is read: nothing of it is ever stored.</summary>
internal sealed class SynthesizedBody(SegmentCipher cipher, ReadOnlyMemory<byte> header, long plaintextLength) : IObjectReader
{
    private readonly long _segments = cipher.Layout.SegmentCount(plaintextLength);

    public ObjectRef Source { get; } = new("memory", "c", "large", "v1", cipher.Layout.CiphertextLength(plaintextLength));

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        SegmentLayout layout = cipher.Layout;
        while (buffer.Length > 0)
        {
            ReadOnlyMemory<byte> piece = header;
            long start = 0;
            if (offset >= layout.HeaderLength)
            {
                long index = offset / layout.SegmentSize;
                byte[] plaintext = new byte[layout.PlaintextLengthOf(index, plaintextLength)];
                byte[] ciphertext = new byte[plaintext.Length + SegmentLayout.TagLength];
                cipher.Encrypt(index, index == _segments - 1, plaintext, ciphertext);
                (piece, start) = (ciphertext, layout.CiphertextOffset(index));
            }

            int take = (int)Math.Min(buffer.Length, start + piece.Length - offset);
            piece.Slice((int)(offset - start), take).CopyTo(buffer);
            buffer = buffer[take..];
            offset += take;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
