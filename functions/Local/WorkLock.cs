using System.Security.Cryptography;
using System.Text;

namespace Bulwark.Functions.Local;

/// <summary>
/// Keeps two processes of this machine from writing the same protected model. The operating system lets go of it when its process
/// ends, however it ends, so a killed run never blocks the next one.
/// </summary>
internal sealed class WorkLock : IDisposable
{
    // EWOULDBLOCK, and ERROR_SHARING_VIOLATION as an HRESULT.
    private const int HeldOnLinux = 11;
    private const int HeldOnMac = 35;
    private const int HeldOnWindows = unchecked((int)0x80070020);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private WorkLock(FileStream file) => _file = file;

    /// <summary>Waits until nobody else works on what the key names.</summary>
    public static async Task<WorkLock> AcquireAsync(string home, string key, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(home, "locks");
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..32]);
        for (bool told = false; ; told = true)
        {
            try
            {
                return new WorkLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));
            }
            catch (IOException error) when (error.HResult is HeldOnLinux or HeldOnMac or HeldOnWindows)
            {
                if (!told)
                    Terminal.Say("Another bulwark is working on the same model; waiting for it.");
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();
}
