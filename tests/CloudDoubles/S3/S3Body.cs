using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Bulwark.CloudDoubles.S3;

/// <summary>
/// Reads a request's body, plain or aws-chunked (signed or not, with or without trailers), and checks its checksum as S3 does:
/// a header or a trailer <c>x-amz-checksum-crc32</c>, <c>-sha1</c> or <c>-sha256</c>, and <c>Content-MD5</c>.
/// </summary>
internal static class S3Body
{
    private const int LongestLine = 1024;

    public static async Task<S3Content> ReadAsync(HttpRequest request, bool keep, CancellationToken cancellationToken)
    {
        bool chunked = request.Headers.ContentEncoding.ToString().Contains("aws-chunked", StringComparison.OrdinalIgnoreCase)
            || request.Headers["x-amz-content-sha256"].ToString().StartsWith("STREAMING-", StringComparison.Ordinal);
        long length = chunked
            ? long.Parse(request.Headers["x-amz-decoded-content-length"].ToString(), CultureInfo.InvariantCulture)
            : request.ContentLength ?? throw new S3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
        if (length > 5L << 30)
            throw new S3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.");
        byte[] bytes = keep ? GC.AllocateUninitializedArray<byte>((int)length) : ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            Dictionary<string, string> trailers = [];
            PipeReader body = request.BodyReader;
            if (chunked)
                await ReadChunksAsync(body, bytes.AsMemory(0, (int)length), trailers, cancellationToken);
            else
                await FillAsync(body, bytes.AsMemory(0, (int)length), cancellationToken);
            foreach (string name in new[] { "x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme", "x-amz-checksum-sha1", "x-amz-checksum-sha256" })
            {
                if (request.Headers.TryGetValue(name, out var value))
                    trailers[name] = value.ToString();
            }

            uint crc = Check(bytes.AsSpan(0, (int)length), trailers, request.Headers["Content-MD5"].ToString());
            string eTag = Convert.ToHexStringLower(XxHash128.Hash(bytes.AsSpan(0, (int)length)));
            return new S3Content(keep ? [bytes.AsMemory(0, (int)length)] : [], length, crc, eTag);
        }
        finally
        {
            if (!keep)
                ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    public static string ToText(uint crc)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, crc);
        return Convert.ToBase64String(bytes);
    }

    private static uint Check(ReadOnlySpan<byte> bytes, Dictionary<string, string> checksums, string md5)
    {
        uint crc = Crc32.HashToUInt32(bytes);
        foreach ((string name, string value) in checksums)
        {
            string expected = name switch
            {
                "x-amz-checksum-crc32" => ToText(crc),
#pragma warning disable CA5350, CA5351 // S3 offers them as checksums
                "x-amz-checksum-sha1" => Convert.ToBase64String(SHA1.HashData(bytes)),
                "x-amz-checksum-sha256" => Convert.ToBase64String(SHA256.HashData(bytes)),
                "x-amz-trailer-signature" => value,
                _ => throw S3Error.NotImplemented(name),
            };
            if (value != expected)
                throw S3Error.BadDigest();
        }

        return md5.Length == 0 || md5 == Convert.ToBase64String(MD5.HashData(bytes)) ? crc : throw S3Error.BadDigest();
#pragma warning restore CA5350, CA5351
    }

    private static async Task FillAsync(PipeReader body, Memory<byte> target, CancellationToken cancellationToken)
    {
        while (target.Length > 0)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, target.Length));
            taken.CopyTo(target.Span);
            target = target[(int)taken.Length..];
            body.AdvanceTo(taken.End);
            if (read.IsCompleted && target.Length > 0)
                throw new S3Error(400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.");
        }
    }

    private static async Task ReadChunksAsync(PipeReader body, Memory<byte> target, Dictionary<string, string> trailers, CancellationToken cancellationToken)
    {
        while (true)
        {
            string head = await ReadLineAsync(body, cancellationToken);
            int size = int.Parse(head.Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (size == 0)
                break;
            if (size > target.Length)
                throw S3Error.InvalidRequest("The chunks are longer than x-amz-decoded-content-length.");
            await FillAsync(body, target[..size], cancellationToken);
            target = target[size..];
            if ((await ReadLineAsync(body, cancellationToken)).Length > 0)
                throw S3Error.InvalidRequest("A chunk is longer than it says.");
        }

        if (target.Length > 0)
            throw new S3Error(400, "IncompleteBody", "The chunks are shorter than x-amz-decoded-content-length.");
        while (await ReadLineAsync(body, cancellationToken) is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            trailers[line[..colon].ToLowerInvariant()] = line[(colon + 1)..].Trim();
        }
    }

    private static async Task<string> ReadLineAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                string line = Encoding.ASCII.GetString(read.Buffer.Slice(0, end)).TrimEnd('\r');
                body.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            if (read.IsCompleted || read.Buffer.Length > LongestLine)
            {
                bool rest = read.Buffer.Length > 0;
                body.AdvanceTo(read.Buffer.End);
                return rest ? throw S3Error.InvalidRequest("A chunk's head is broken.") : "";
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
