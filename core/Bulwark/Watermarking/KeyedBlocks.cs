using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Bulwark.Watermarking;

/// <summary>The pseudo-random function of KMM64: AES-256 in ECB over blocks that are never equal. Not safe for concurrent use.</summary>
/// <remarks>
/// <code>
/// block in    bytes 0-7   tensor id
///             bytes 8-15  u64 LE = (domain &lt;&lt; 56) | index
/// block out   group block (domain 0, index g):     bytes 0-7 u64 LE, bit i set: sign of element i is +1, else -1
///                                                  bytes 8-9 u16 LE v: coded bit j = (v · 268) &gt;&gt; 16
///             dither (domain 0x80, index 4g + k):  byte i of the four blocks dithers element i of group g
///             seal (domain 0x10):                  see FragileSeal
///             block scale (domain 0x20, index b):  bit 0 of byte 0 set: sign of block b is +1, else -1
///                                                  bytes 8-9 as in a group block; byte 10 dithers the scale
/// </code>
/// </remarks>
internal sealed class KeyedBlocks : IDisposable
{
    public const int BlockSize = 16;

    public const byte GroupDomain = 0;
    public const byte DitherDomain = 0x80;
    public const byte SealDomain = 0x10;
    public const byte BlockScaleDomain = 0x20;

    private readonly Aes _aes = Aes.Create();
    private readonly ICryptoTransform _encryptor;
    private byte[] _buffer = [];

    public KeyedBlocks(ReadOnlySpan<byte> key)
    {
        _aes.Mode = CipherMode.ECB;
        _aes.Padding = PaddingMode.None;
        _aes.SetKey(key);
        _encryptor = _aes.CreateEncryptor();
    }

    /// <summary>Computes consecutive blocks. The result is valid until the next call.</summary>
    public ReadOnlySpan<byte> Compute(ulong tensorId, byte domain, long firstIndex, int count)
    {
        int length = count * BlockSize;
        if (_buffer.Length < length)
            _buffer = new byte[length];
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(_buffer.AsSpan(0, length));
        ulong index = ((ulong)domain << 56) | (ulong)firstIndex;
        if (BitConverter.IsLittleEndian)
        {
            for (int i = 0; i < words.Length; i += 2)
            {
                words[i] = tensorId;
                words[i + 1] = index++;
            }
        }
        else
        {
            for (int i = 0; i < words.Length; i += 2)
            {
                words[i] = BinaryPrimitives.ReverseEndianness(tensorId);
                words[i + 1] = BinaryPrimitives.ReverseEndianness(index++);
            }
        }

        if (length > 0)
            _encryptor.TransformBlock(_buffer, 0, length, _buffer, 0);
        return _buffer.AsSpan(0, length);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_buffer);
        _encryptor.Dispose();
        _aes.Dispose();
    }
}
