namespace Bulwark.CloudDoubles.S3;

/// <summary>
/// CRC-32 of a text from the CRCs of its halves: the first is multiplied by x^(8n) modulo the polynomial, where n is the length of
/// the second (zlib's crc32_combine).
/// </summary>
internal static class Crc32Sum
{
    private const uint Polynomial = 0xedb88320;
    private const uint One = 1u << 31;

    public static uint Combine(uint first, uint second, long secondLength)
    {
        uint power = One, square = One >> 8; // x^0, x^8
        for (long n = secondLength; n > 0; n >>= 1)
        {
            if ((n & 1) != 0)
                power = Multiply(power, square);
            square = Multiply(square, square);
        }

        return Multiply(power, first) ^ second;
    }

    private static uint Multiply(uint a, uint b)
    {
        uint product = 0;
        for (uint bit = One; bit != 0; bit >>= 1)
        {
            if ((a & bit) != 0)
                product ^= b;
            b = (b & 1) != 0 ? (b >> 1) ^ Polynomial : b >> 1;
        }

        return product;
    }
}
