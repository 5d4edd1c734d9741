using Bulwark.Models;
using Bulwark.Storage;

namespace Bulwark.Tests.Models;

/// <summary>A file of any size that exists as its first bytes only; the rest reads as one byte over and over, zero for a sparse file. Counts what is read.</summary>
internal sealed class HeadOnlyReader(byte[] head, long size, string name, byte filler = 0) : IObjectReader
{
    public HeadOnlyReader(byte[] bytes, string name = "model.bin")
        : this(bytes, bytes.Length, name)
    {
    }

    public long BytesRead { get; private set; }

    public int LargestRead { get; private set; }

    public ObjectRef Source { get; } = new("memory", "models", name, "v1", size);

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (offset < 0 || offset > size - buffer.Length)
            throw StorageException.OutOfRange(Source.ToString(), offset, buffer.Length);
        BytesRead += buffer.Length;
        LargestRead = Math.Max(LargestRead, buffer.Length);
        buffer.Span.Fill(filler);
        if (offset < head.Length)
            head.AsMemory((int)offset, (int)Math.Min(buffer.Length, head.Length - offset)).CopyTo(buffer);
        return ValueTask.CompletedTask;
    }

    public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Opens the file; the code of the refusal instead, when it is refused.</summary>
    public async Task<(ModelFile? File, string? Code)> TryOpenAsync()
    {
        try
        {
            return (await ModelFile.OpenAsync(this, CancellationToken.None), null);
        }
        catch (ModelFormatException e)
        {
            Assert.Equal(ErrorKind.Refused, e.Kind);
            Assert.NotEmpty(e.Remedy);
            return (null, e.Code);
        }
    }
}
