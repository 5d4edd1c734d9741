using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bulwark.Functions.Aws.Runtime;

/// <summary>
/// An answer that is sent as it is made. A failure after its first byte is told in HTTP/1.1 trailers, which <see cref="HttpClient"/>
/// cannot send; so this writes the request itself.
/// </summary>
/// <remarks>
/// <code>
/// POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1
/// Lambda-Runtime-Function-Response-Mode: streaming
/// Transfer-Encoding: chunked
/// Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body
///
/// chunks …            0 CRLF [trailers: the code; the error's JSON in base64] CRLF
/// </code>
/// </remarks>
internal sealed class StreamedAnswer : Stream
{
    /// <summary>The media type of an answer that begins with status and headers.</summary>
    public const string HttpIntegration = "application/vnd.awslambda.http-integration-response";

    private const string ErrorBodyTrailer = "Lambda-Runtime-Function-Error-Body";
    private const int LongestHead = 16 * 1024;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private StreamedAnswer(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <inheritdoc />
    public override bool CanRead => false;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => true;

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Begins the answer to an invocation.</summary>
    /// <exception cref="FunctionException">BW2212.</exception>
    public static Task<StreamedAnswer> BeginAsync(string address, string requestId, CancellationToken cancellationToken) => PlatformAsync(async () =>
    {
        DnsEndPoint host = HostOf(address);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, cancellationToken);
            StreamedAnswer answer = new(socket);
            await answer._stream.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"POST /2018-06-01/runtime/invocation/{requestId}/response HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n"
                    + $"Content-Type: {HttpIntegration}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
                    + $"Trailer: {RuntimeApi.ErrorTypeHeader}, {ErrorBodyTrailer}\r\n\r\n"),
                cancellationToken);
            return answer;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    });

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // An empty chunk would end the body.
        if (buffer.IsEmpty)
            return;
        await PlatformAsync(async () =>
        {
            await _stream.WriteAsync(Encoding.ASCII.GetBytes(buffer.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), cancellationToken);
            await _stream.WriteAsync(buffer, cancellationToken);
            await _stream.WriteAsync("\r\n"u8.ToArray(), cancellationToken);
            return true;
        });
    }

    /// <inheritdoc />
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Ends the answer.</summary>
    /// <param name="error">Why it broke off; null when it is whole.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FunctionException">BW2212.</exception>
    public Task EndAsync(BulwarkException? error, CancellationToken cancellationToken) => PlatformAsync(async () =>
    {
        string trailers = error is null
            ? ""
            : $"{RuntimeApi.ErrorTypeHeader}: {error.Code}\r\n{ErrorBodyTrailer}: {Convert.ToBase64String(RuntimeApi.ErrorBody(error))}\r\n";
        await _stream.WriteAsync(Encoding.ASCII.GetBytes($"0\r\n{trailers}\r\n"), cancellationToken);
        int status = await ReadStatusAsync(cancellationToken);
        return status is >= 200 and <= 299 ? status : throw FunctionException.PlatformFailed($"a streamed answer was answered with {status}");
    });

    /// <inheritdoc />
    public override void Flush()
    {
    }

    /// <inheritdoc />
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
            _socket.Dispose();
        }

        base.Dispose(disposing);
    }

    private static DnsEndPoint HostOf(string address)
    {
        Uri uri = new($"http://{address}");
        return new DnsEndPoint(uri.Host, uri.Port);
    }

    private static async Task<T> PlatformAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw FunctionException.PlatformFailed(error.Message, error);
        }
    }

    private async Task<int> ReadStatusAsync(CancellationToken cancellationToken)
    {
        byte[] head = new byte[LongestHead];
        int length = 0;
        while (head.AsSpan(0, length).IndexOf("\r\n"u8) < 0)
        {
            int read = length == head.Length ? 0 : await _stream.ReadAsync(head.AsMemory(length), cancellationToken);
            if (read == 0)
                throw FunctionException.PlatformFailed("a streamed answer was not acknowledged");
            length += read;
        }

        // HTTP/1.1 202 Accepted
        string[] parts = Encoding.ASCII.GetString(head, 0, length).Split(' ', 3);
        return parts.Length >= 2 && int.TryParse(parts[1].AsSpan(0, Math.Min(3, parts[1].Length)), NumberStyles.None, CultureInfo.InvariantCulture, out int status)
            ? status
            : throw FunctionException.PlatformFailed("a streamed answer was acknowledged with something that is not HTTP");
    }
}
