namespace Bulwark.Fuzzing;

/// <summary>Damages real files in the ways that parsers of hostile bytes fail on; the same seed gives the same damage.</summary>
public sealed class Mutator(int seed)
{
    /// <summary>Mutants per file unless BULWARK_FUZZ says more.</summary>
    public const int DefaultCount = 2000;

    private static readonly long[] Interesting =
    [
        0, 1, 2, 3, 7, 8, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1000, 4096, 32767, 32768, 65535, 65536, int.MaxValue, 0x8000_0000, uint.MaxValue,
        1L << 32, 1L << 40, 1L << 53, 1L << 61, 1L << 62, long.MaxValue, long.MinValue, -1, -2, -8,
    ];

    private readonly Random _random = new(seed);

    /// <summary>How many mutants to make of each file: BULWARK_FUZZ, or the default.</summary>
    public static int Count { get; } = int.TryParse(Environment.GetEnvironmentVariable("BULWARK_FUZZ"), out int count) ? count : DefaultCount;

    /// <summary>A damaged copy.</summary>
    /// <param name="original">The file.</param>
    /// <param name="focus">Most of the damage falls into so many of its first bytes, where headers lie; all of the file when zero.</param>
    public byte[] Mutate(byte[] original, int focus = 0)
    {
        List<byte> bytes = [.. original];
        for (int edits = _random.Next(1, 5); edits > 0 && bytes.Count > 0; edits--)
        {
            int range = focus > 0 && focus < bytes.Count && _random.Next(8) != 0 ? focus : bytes.Count;
            int at = _random.Next(range);
            int length = Math.Min(1 + _random.Next(_random.Next(4) == 0 ? 256 : 12), bytes.Count - at);
            switch (_random.Next(9))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    int cut = _random.Next(4) == 0 ? at : bytes.Count - length;
                    bytes.RemoveRange(cut, bytes.Count - cut);
                    break;
                case 3:
                    bytes.RemoveRange(at, length);
                    break;
                case 4:
                    bytes.InsertRange(_random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                case 5:
                    // A block from elsewhere over this one: valid parts in wrong places.
                    int from = _random.Next(bytes.Count);
                    for (int i = 0; i < length && from + i < bytes.Count; i++)
                        bytes[at + i] = bytes[from + i];
                    break;
                case 6:
                    Put(bytes, at, Interesting[_random.Next(Interesting.Length)], 1 << _random.Next(4));
                    break;
                case 7:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)0xFF, _random.Next(1, 11)).Append((byte)_random.Next(2)));
                    break;
                default:
                    long value = 0;
                    int width = 1 << _random.Next(4);
                    for (int i = 0; i < width && at + i < bytes.Count; i++)
                        value |= (long)bytes[at + i] << (8 * i);
                    Put(bytes, at, value + _random.Next(-3, 4), width);
                    break;
            }
        }

        return [.. bytes];
    }

    private static void Put(List<byte> bytes, int at, long value, int width)
    {
        for (int i = 0; i < width && at + i < bytes.Count; i++)
            bytes[at + i] = (byte)(value >> (8 * i));
    }
}
