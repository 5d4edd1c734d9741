using System.Buffers.Binary;

namespace Bulwark.Models.Zip;

/// <summary>CRC-32 as zip, gzip, xz and PNG have it (ISO-HDLC: reflected polynomial 0xEDB88320, initial and final complement).</summary>
/// <remarks>Sixteen bytes a step by sixteen tables ("slicing"; Kounavis and Berry, 2005).</remarks>
internal static class Crc32
{
    private const int Slices = 16;
    private static readonly uint[] Tables = MakeTables();

    /// <summary>The checksum of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of what was summed so far and then of bytes; begin with 0.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        uint crc = ~checksum;
        uint[] t = Tables;
        while (bytes.Length >= Slices)
        {
            uint a = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            uint b = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            uint c = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
            uint d = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
            crc = t[(15 << 8) + (byte)a] ^ t[(14 << 8) + (byte)(a >> 8)] ^ t[(13 << 8) + (byte)(a >> 16)] ^ t[(12 << 8) + (int)(a >> 24)]
                ^ t[(11 << 8) + (byte)b] ^ t[(10 << 8) + (byte)(b >> 8)] ^ t[(9 << 8) + (byte)(b >> 16)] ^ t[(8 << 8) + (int)(b >> 24)]
                ^ t[(7 << 8) + (byte)c] ^ t[(6 << 8) + (byte)(c >> 8)] ^ t[(5 << 8) + (byte)(c >> 16)] ^ t[(4 << 8) + (int)(c >> 24)]
                ^ t[(3 << 8) + (byte)d] ^ t[(2 << 8) + (byte)(d >> 8)] ^ t[(1 << 8) + (byte)(d >> 16)] ^ t[(int)(d >> 24)];
            bytes = bytes[Slices..];
        }

        foreach (byte value in bytes)
            crc = (crc >> 8) ^ t[(byte)(crc ^ value)];
        return ~crc;
    }

    private static uint[] MakeTables()
    {
        uint[] tables = new uint[Slices * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            tables[i] = crc;
        }

        for (int i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[(byte)tables[i - 256]];
        return tables;
    }
}
