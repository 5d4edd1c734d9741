namespace Bulwark.Tests.Encryption;

/// <summary>Small damage done to real input.</summary>
internal static class Mutation
{
    private static readonly byte[] Telling = [0, 1, 0x7F, 0x80, 0xFF, (byte)'"', (byte)'{', (byte)'}', (byte)'[', (byte)'\\', (byte)'-', (byte)'9', (byte)',', 0xED, 0xC0];

    /// <summary>One to four random changes: set, flip, delete, insert, duplicate, truncate.</summary>
    public static byte[] Of(ReadOnlySpan<byte> input, Random random)
    {
        List<byte> bytes = [.. input];
        for (int i = random.Next(1, 5); i > 0 && bytes.Count > 0; i--)
        {
            int at = random.Next(bytes.Count), length = random.Next(1, Math.Min(40, bytes.Count - at) + 1);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = Telling[random.Next(Telling.Length)];
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.Insert(at, Telling[random.Next(Telling.Length)]);
                    break;
                case 4:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                default:
                    if (random.Next(4) == 0)
                        bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
