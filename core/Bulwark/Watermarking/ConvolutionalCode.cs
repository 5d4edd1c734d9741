using System.Numerics;

namespace Bulwark.Watermarking;

/// <summary>The error-correcting code of the payload: convolutional, constraint length 7, rate 1/2, terminated.</summary>
/// <remarks>
/// The NASA standard code 171/133 (octal). Bits of the 16 bytes most significant first, then six zero bits; the register is
/// s = ((s &lt;&lt; 1) | bit) &amp; 127; each bit gives parity(s &amp; 0x79), then parity(s &amp; 0x5B): 2 · 134 = 268 coded bits.
/// Decoding is soft Viterbi over 64 states from state 0 to state 0.
/// </remarks>
internal static class ConvolutionalCode
{
    /// <summary>Coded bits.</summary>
    public const int Length = 2 * Steps;

    private const int MessageBits = 8 * WatermarkPayload.Length;
    private const int Steps = MessageBits + 6;
    private const int States = 64;
    private const int FirstGenerator = 0x79;
    private const int SecondGenerator = 0x5B;

    /// <summary>Encodes 16 bytes to 268 values of +1 (bit 1) and -1 (bit 0).</summary>
    public static void Encode(ReadOnlySpan<byte> message, Span<sbyte> coded)
    {
        int register = 0;
        for (int step = 0; step < Steps; step++)
        {
            int bit = step < MessageBits ? (message[step >> 3] >> (7 - (step & 7))) & 1 : 0;
            register = ((register << 1) | bit) & 127;
            coded[2 * step] = Sign(register & FirstGenerator);
            coded[2 * step + 1] = Sign(register & SecondGenerator);
        }
    }

    /// <summary>The 16 bytes whose code word correlates best with 268 soft values; the first of equals.</summary>
    public static void Decode(ReadOnlySpan<double> soft, Span<byte> message)
    {
        // State = the last six bits, newest lowest. Entering state n, the newest bit is n & 1; the oldest, dropped one is free.
        Span<double> score = stackalloc double[States];
        Span<double> next = stackalloc double[States];
        Span<byte> dropped = stackalloc byte[Steps * States];
        score.Fill(double.NegativeInfinity);
        score[0] = 0;
        for (int step = 0; step < Steps; step++)
        {
            double first = soft[2 * step], second = soft[2 * step + 1];
            for (int state = 0; state < States; state++)
            {
                double zero = score[state >> 1] + Gain(state, first, second);
                double one = score[(state >> 1) | 32] + Gain(state | 64, first, second);
                bool takeOne = one > zero;
                next[state] = takeOne ? one : zero;
                dropped[step * States + state] = takeOne ? (byte)1 : (byte)0;
                if (step >= MessageBits && (state & 1) == 1)
                    next[state] = double.NegativeInfinity;
            }

            next.CopyTo(score);
        }

        message.Clear();
        int at = 0;
        for (int step = Steps - 1; step >= 0; step--)
        {
            if (step < MessageBits && (at & 1) == 1)
                message[step >> 3] |= (byte)(128 >> (step & 7));
            at = (at >> 1) | (dropped[step * States + at] << 5);
        }
    }

    private static double Gain(int register, double first, double second) =>
        Sign(register & FirstGenerator) * first + Sign(register & SecondGenerator) * second;

    private static sbyte Sign(int tapped) => (BitOperations.PopCount((uint)tapped) & 1) == 1 ? (sbyte)1 : (sbyte)-1;
}
