namespace Bulwark.Tests.Encryption;

/// <summary>Keeps everything it was handed.</summary>
internal sealed class RecordingSink
{
    private readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _bytes.AddRange(bytes.Span);
        return ValueTask.CompletedTask;
    }
}
