using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Bulwark.Testing;

/// <summary>
/// moto, the emulator of AWS, as a server of its own on a free port. It plays S3, DynamoDB, SQS, IAM, Security Hub, Batch and
/// CloudFormation; KMS has a double in tests/CloudDoubles, because moto's is wrong where it matters.
/// </summary>
public sealed class MotoServer : IDisposable
{
    private const int MostStarts = 5;

    // moto 5.2.1 verifies signatures over addresses that it has decoded, so that every key with a space and every list of a prefix with
    // a slash would be refused. Here it encodes them again, as Signature Version 4 asks for; all else is moto's own.
    private const string Program = """
        import sys, urllib.parse as u
        import moto.iam.access_control as a
        from moto.server import main
        encode = lambda text, safe: u.quote(u.unquote(text), safe=safe + "-_.~")
        make = a.IAMRequestBase._create_aws_request
        def create(self):
            path, mark, query = self._path.partition("?")
            pairs = [pair.partition("=") for pair in query.split("&") if pair]
            self._path = encode(path, "/") + mark + "&".join(encode(k, "") + "=" + encode(v, "") for k, _, v in pairs)
            return make(self)
        a.IAMRequestBase._create_aws_request = create
        main(sys.argv[1:])
        """;

    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private MotoServer(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    /// <summary>Where it answers; every service under the one address.</summary>
    public Uri Address { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="unauthenticatedCalls">
    /// After so many calls it verifies signatures and enforces IAM policies; null for never. Until then it takes anyone's word,
    /// so that users and policies can be made.
    /// </param>
    public static async Task<MotoServer> StartAsync(int? unauthenticatedCalls = null)
    {
        for (int attempt = 1; ; attempt++)
        {
            int port = FreePort();
            ProcessStartInfo start = new("python3", ["-c", Program, "-H", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            if (unauthenticatedCalls is { } calls)
                start.Environment["INITIAL_NO_AUTH_ACTION_COUNT"] = calls.ToString(CultureInfo.InvariantCulture);
            Process process = Process.Start(start)!;
            // Nobody reads what it says; a full pipe must not stop it.
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (await AnswersAsync(process, port))
                return new MotoServer(process, new Uri($"http://127.0.0.1:{port}"));
            process.Kill(entireProcessTree: true);
            process.Dispose();
            if (attempt == MostStarts)
                throw new InvalidOperationException("moto_server does not start.");
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<bool> AnswersAsync(Process process, int port)
    {
        for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < StartTime && !process.HasExited; await Task.Delay(50))
        {
            try
            {
                using TcpClient client = new();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }

        return false;
    }
}
