using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>
/// Tamper evidence inside the weights: the lowest bits of some elements hold a MAC of the 4,096 elements around them, so that
/// any later change is seen and located, even in a file that lost its signature. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// <code>
/// chunk     4,096 elements of a tensor in flat order, the last one shorter; all tensors of F16, BF16, F32, F64
/// carrier   one element of every full group of 64: position = byte 0 &amp; 63 of the AES block (domain 0x10, index 64·chunk + group)
/// used      when its exponent is not all ones and its code without sign and lowest bit is not 0: the lowest bit changes neither
/// MAC       HMAC-SHA256(fragile key, tensor id ‖ u64 LE chunk ‖ ASCII dtype ‖ chunk bytes with used carriers cleared)[0..8]
/// bit       the carrier of group i holds bit i, lowest first
/// </code>
/// A change goes unseen with probability 2^-(used carriers), 2^-64 for a full chunk. Applied after the watermark, as the last
/// change. It survives another container, not another dtype, order of elements or tensor name.
/// </remarks>
public sealed class FragileSeal : IDisposable
{
    /// <summary>Elements of a chunk.</summary>
    public const int ChunkElements = 4096;

    private const int GroupSize = GroupQuantizer.GroupSize;
    private const int GroupsPerChunk = ChunkElements / GroupSize;

    private readonly WatermarkKey _key;
    private readonly KeyedBlocks _blocks;
    private readonly IncrementalHash _mac;
    private readonly byte[] _copy = new byte[ChunkElements * sizeof(double)];
    private TensorInfo? _tensor;
    private ulong _tensorId;

    /// <summary>Prepares to seal or to check.</summary>
    public FragileSeal(WatermarkKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        _key = key;
        _blocks = key.CreateBlocks();
        _mac = key.CreateSealHash();
    }

    /// <summary>True for a tensor that is sealed: F16, BF16, F32 or F64 with at least one group of 64.</summary>
    public static bool IsEligible(TensorInfo tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor.DType.IsMarkable() && tensor.Length >= GroupQuantizer.GroupLength(tensor.DType);
    }

    /// <summary>Seals a piece of a tensor in place.</summary>
    /// <param name="slice">Where the piece lies; it begins on a chunk boundary and ends on one or with the tensor.</param>
    /// <param name="bytes">The piece.</param>
    public void Apply(TensorSlice slice, Span<byte> bytes)
    {
        if (!IsEligible(slice.Tensor))
            return;
        int size = slice.Tensor.DType.BitWidth() / 8;
        int chunkLength = ChunkElements * size;
        Span<int> carriers = stackalloc int[GroupsPerChunk];
        for (int at = 0; at < bytes.Length; at += chunkLength)
        {
            Span<byte> chunk = bytes.Slice(at, Math.Min(chunkLength, bytes.Length - at));
            ulong mac = Authenticate(slice.Tensor, (slice.TensorOffset + at) / chunkLength, chunk, carriers, out int groups);
            for (int i = 0; i < groups; i++)
            {
                if (carriers[i] >= 0)
                    chunk[carriers[i]] |= (byte)(mac >> i & 1);
            }
        }
    }

    /// <summary>Checks a piece of a tensor.</summary>
    /// <param name="slice">Where the piece lies, as for <see cref="Apply"/>.</param>
    /// <param name="bytes">The piece, left as it is.</param>
    /// <param name="broken">Receives the numbers of the chunks whose seal does not hold.</param>
    /// <returns>The chunks looked at.</returns>
    public long Check(TensorSlice slice, ReadOnlySpan<byte> bytes, ICollection<long> broken)
    {
        ArgumentNullException.ThrowIfNull(broken);
        if (!IsEligible(slice.Tensor))
            return 0;
        int chunkLength = ChunkElements * slice.Tensor.DType.BitWidth() / 8;
        Span<int> carriers = stackalloc int[GroupsPerChunk];
        long looked = 0;
        for (int at = 0; at < bytes.Length; at += chunkLength)
        {
            ReadOnlySpan<byte> original = bytes.Slice(at, Math.Min(chunkLength, bytes.Length - at));
            Span<byte> chunk = _copy.AsSpan(0, original.Length);
            original.CopyTo(chunk);
            long number = (slice.TensorOffset + at) / chunkLength;
            ulong mac = Authenticate(slice.Tensor, number, chunk, carriers, out int groups);
            looked++;
            bool intact = true;
            for (int i = 0; i < groups; i++)
                intact &= carriers[i] < 0 || (original[carriers[i]] & 1) == (int)(mac >> i & 1);
            if (!intact)
                broken.Add(number);
        }

        return looked;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _blocks.Dispose();
        _mac.Dispose();
    }

    /// <summary>Clears the used carriers and returns the MAC; carriers receives the place of each group's low byte, -1 when unused.</summary>
    private ulong Authenticate(TensorInfo tensor, long number, Span<byte> chunk, Span<int> carriers, out int groups)
    {
        if (!ReferenceEquals(tensor, _tensor))
        {
            _tensor = tensor;
            _tensorId = _key.TensorId(tensor.Name);
        }

        int size = tensor.DType.BitWidth() / 8;
        groups = chunk.Length / (GroupSize * size);
        ReadOnlySpan<byte> blocks = _blocks.Compute(_tensorId, KeyedBlocks.SealDomain, number * GroupsPerChunk, groups);
        for (int i = 0; i < groups; i++)
        {
            int place = (i * GroupSize + (blocks[i * KeyedBlocks.BlockSize] & 63)) * size;
            bool used = IsCarrier(tensor.DType, chunk.Slice(place, size));
            carriers[i] = used ? place : -1;
            if (used)
                chunk[place] &= 0xFE;
        }

        Span<byte> prefix = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, _tensorId);
        BinaryPrimitives.WriteInt64LittleEndian(prefix[8..], number);
        _mac.AppendData(prefix);
        _mac.AppendData(Encoding.ASCII.GetBytes(tensor.DType.ToString()));
        _mac.AppendData(chunk);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        _mac.GetHashAndReset(mac);
        return BinaryPrimitives.ReadUInt64LittleEndian(mac);
    }

    private static bool IsCarrier(DType dtype, ReadOnlySpan<byte> element)
    {
        (ulong code, ulong exponent, ulong sign) = dtype switch
        {
            DType.F16 => (BinaryPrimitives.ReadUInt16LittleEndian(element), 0x7C00UL, 0x8000UL),
            DType.BF16 => (BinaryPrimitives.ReadUInt16LittleEndian(element), 0x7F80UL, 0x8000UL),
            DType.F32 => (BinaryPrimitives.ReadUInt32LittleEndian(element), 0x7F80_0000UL, 0x8000_0000UL),
            _ => (BinaryPrimitives.ReadUInt64LittleEndian(element), 0x7FF0_0000_0000_0000UL, 0x8000_0000_0000_0000UL),
        };
        return (code & exponent) != exponent && (code & ~sign & ~1UL) != 0;
    }
}
