using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Bulwark.Signing;

/// <summary>Hashes files, several at a time. A file that is written to meanwhile is an error, not a digest of something that never was.</summary>
internal static class FileHasher
{
    private const int ReadLength = 1 << 20;

    /// <summary>The digests, in the order of the ranges.</summary>
    /// <exception cref="SigningException">BW1809: unreadable. BW1810: changed since it was found.</exception>
    public static async Task<byte[][]> HashAsync(
        IReadOnlyList<HashRange> ranges, string hashType, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        byte[][] digests = new byte[ranges.Count][];
        ByteCount done = new(progress);
        ParallelOptions options = new() { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 16), CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, ranges.Count, options, (i, token) =>
        {
            digests[i] = Hash(ranges[i], hashType, done, token);
            return ValueTask.CompletedTask;
        });
        return digests;
    }

    private static byte[] Hash(HashRange range, string hashType, ByteCount done, CancellationToken cancellationToken)
    {
        (ModelEntry file, long offset, long end) = range;
        // A model that is one file has the name ".", which tells nobody anything.
        string shown = file.Name == ModelPath.WholeModel ? file.Path : file.Name;
        using SafeFileHandle handle = PlainFile.Open(file.Path, shown, file.Facts);
        using ResourceHash hash = ResourceHash.Create(hashType);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadLength);
        try
        {
            while (offset < end)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int read = RandomAccess.Read(handle, buffer.AsSpan(0, (int)Math.Min(ReadLength, end - offset)), offset);
                if (read == 0)
                    throw SigningException.Changed(shown);
                hash.Append(buffer.AsSpan(0, read));
                offset += read;
                done.Add(read);
            }

            // A file that goes on where it should end is not a plain one, whatever it says (procfs), or grows.
            if (end == file.Facts.Size && RandomAccess.Read(handle, buffer.AsSpan(0, 1), end) != 0)
                throw SigningException.Changed(shown);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw SigningException.Unreadable(shown, error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        PlainFile.EnsureUnchanged(handle, file.Path, shown, file.Facts);
        return hash.Finish();
    }

    private sealed class ByteCount(IProgress<long>? progress)
    {
        private long _count;

        public void Add(int bytes)
        {
            long now = Interlocked.Add(ref _count, bytes);
            progress?.Report(now);
        }
    }
}
