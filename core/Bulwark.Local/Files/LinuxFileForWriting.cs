using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Bulwark.Local.Files;

/// <summary>
/// A file that is written front to back: the first 8 MiB through the page cache, the rest past it (O_DIRECT) in 4 MiB blocks,
/// two in turn, so that one is filled while the other is on its way to the disk; the tail through the page cache again.
/// Where the file system refuses O_DIRECT (tmpfs, some network file systems) everything goes through the page cache.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxFileForWriting(SafeFileHandle handle, string leaf, uint permissions, string what) : FileForWriting
{
    private const long DirectFrom = 8L << 20;
    private const int BlockBytes = 4 << 20;
    private const int Alignment = 4096;

    private readonly byte*[] _blocks = new byte*[2];
    private int _filling;
    private int _filled;
    private long _position;
    private Task? _writing;
    private bool _direct;
    private bool _directRefused;
    private bool _synced;

    public override string Leaf => leaf;

    public override void Append(ReadOnlySpan<byte> bytes)
    {
        _synced = false;
        while (bytes.Length > 0)
        {
            if (!_direct && !_directRefused && _position == DirectFrom)
                StartDirect();
            if (_direct)
            {
                bytes = bytes[Fill(bytes)..];
                continue;
            }

            int count = _directRefused || _position > DirectFrom ? bytes.Length : (int)Math.Min(bytes.Length, DirectFrom - _position);
            fixed (byte* start = bytes)
                WriteAll(start, count, _position);
            _position += count;
            bytes = bytes[count..];
        }
    }

    public override void Sync()
    {
        if (_synced)
            return;
        Await();
        if (_direct)
        {
            StopDirect();
            WriteAll(_blocks[_filling], _filled, _position);
            _position += _filled;
            _filled = 0;
            _directRefused = true; // whatever follows begins at an odd offset
        }

        if (Libc.ChangeMode(handle, permissions) != 0)
            throw LinuxError.For(LinuxError.Last, what);
        while (Libc.Fsync(handle) != 0)
        {
            if (LinuxError.Last != LinuxError.Interrupted)
                throw LinuxError.For(LinuxError.Last, what);
        }

        _synced = true;
    }

    public override FileFacts Facts() => LinuxFolder.FactsOf(handle, what);

    /// <summary>Lets others lock the file.</summary>
    public void Unlock() => _ = Libc.Flock(handle, Libc.Unlock);

    public override void Dispose()
    {
        try
        {
            _writing?.Wait();
        }
        catch (AggregateException)
        {
            // The file is being thrown away, or the failure was reported by Append or Sync.
        }

        _writing = null;
        for (int i = 0; i < _blocks.Length; i++)
        {
            NativeMemory.AlignedFree(_blocks[i]);
            _blocks[i] = null;
        }

        handle.Dispose();
    }

    private int Fill(ReadOnlySpan<byte> bytes)
    {
        if (_filled == BlockBytes)
            Send();
        int count = Math.Min(bytes.Length, BlockBytes - _filled);
        bytes[..count].CopyTo(new Span<byte>(_blocks[_filling] + _filled, count));
        _filled += count;
        return count;
    }

    private void Send()
    {
        Await();
        byte* block = _blocks[_filling];
        long position = _position;
        _writing = Task.Run(() => WriteAll(block, BlockBytes, position));
        _position += BlockBytes;
        _filling ^= 1;
        _filled = 0;
        if (_blocks[_filling] is null)
            _blocks[_filling] = Allocate();
    }

    private void Await()
    {
        _writing?.GetAwaiter().GetResult();
        _writing = null;
    }

    private void StartDirect()
    {
        int flags = Libc.Control(handle, Libc.GetFlags, 0);
        if (flags < 0 || Libc.Control(handle, Libc.SetFlags, flags | Libc.Direct) != 0)
        {
            _directRefused = true;
            return;
        }

        _direct = true;
        _blocks[_filling] = Allocate();
    }

    private void StopDirect()
    {
        int flags = Libc.Control(handle, Libc.GetFlags, 0);
        if (flags < 0 || Libc.Control(handle, Libc.SetFlags, flags & ~Libc.Direct) != 0)
            throw LinuxError.For(LinuxError.Last, what);
        _direct = false;
    }

    private void WriteAll(byte* start, long count, long position)
    {
        while (count > 0)
        {
            nint written = Libc.Write(handle, start, (nint)count, position);
            if (written < 0)
            {
                int errno = LinuxError.Last;
                if (errno == LinuxError.Interrupted)
                    continue;

                // Refused, or a short write left the rest unaligned: the page cache takes anything.
                if (errno != LinuxError.Invalid || !_direct || _directRefused)
                    throw LinuxError.For(errno, what);
                DropDirect();
                continue;
            }

            start += written;
            count -= written;
            position += written;
        }
    }

    // Blocks go on being filled and sent as before; only the flag on the descriptor is gone.
    private void DropDirect()
    {
        int flags = Libc.Control(handle, Libc.GetFlags, 0);
        if (flags < 0 || Libc.Control(handle, Libc.SetFlags, flags & ~Libc.Direct) != 0)
            throw LinuxError.For(LinuxError.Last, what);
        _directRefused = true;
    }

    private static byte* Allocate() => (byte*)NativeMemory.AlignedAlloc(BlockBytes, Alignment);
}
