using System.Numerics;

namespace Bulwark.Models.TensorFlow;

/// <summary>CRC-32C (Castagnoli), and the mask that LevelDB's tables put on it so that checksums of checksums do not cancel.</summary>
internal static class Crc32C
{
    private const uint MaskDelta = 0xA282EAD8;

    /// <summary>The checksum of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of what was summed so far and then of bytes; begin with 0.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        uint crc = ~checksum;
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    /// <summary>The checksum as it is stored.</summary>
    public static uint Mask(uint checksum) => BitOperations.RotateRight(checksum, 15) + MaskDelta;
}
