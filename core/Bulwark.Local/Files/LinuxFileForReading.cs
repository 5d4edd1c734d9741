using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Bulwark.Local.Files;

/// <summary>A regular file on Linux, read with pread(2).</summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxFileForReading : FileForReading
{
    private readonly SafeFileHandle _handle;
    private readonly string _what;

    public LinuxFileForReading(SafeFileHandle handle, string what)
    {
        _handle = handle;
        _what = what;

        // Doubles the read-ahead window; a hint, so its failure does not matter.
        _ = Libc.Advise(handle, 0, 0, Libc.AdviseSequential);
    }

    public override FileFacts Facts() => LinuxFolder.FactsOf(_handle, _what);

    public override unsafe int Read(long offset, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint count = Libc.Read(_handle, start, buffer.Length, offset);
                if (count >= 0)
                    return (int)count;
                if (LinuxError.Last != LinuxError.Interrupted)
                    throw LinuxError.For(LinuxError.Last, _what);
            }
        }
    }

    public override void Dispose() => _handle.Dispose();
}
