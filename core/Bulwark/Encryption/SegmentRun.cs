namespace Bulwark.Encryption;

/// <summary>
/// Some consecutive segments handled as one piece of work: one large segment, or as many small ones as make up about 1 MiB.
/// Their ciphertext is contiguous in the body, and so is their plaintext.
/// </summary>
/// <param name="First">Index of the first segment.</param>
/// <param name="Count">Number of segments, at least 1.</param>
/// <param name="PlaintextOffset">Offset of the first plaintext byte.</param>
/// <param name="PlaintextLength">Plaintext bytes in all of them.</param>
/// <param name="CiphertextOffset">Offset in the body of the first ciphertext byte; the header is not part of it.</param>
/// <param name="CiphertextLength">Ciphertext and tag bytes of all of them.</param>
internal readonly record struct SegmentRun(
    long First, int Count, long PlaintextOffset, int PlaintextLength, long CiphertextOffset, int CiphertextLength)
{
    private const int TargetLength = 1 << 20;

    /// <summary>Segments in a run, for a layout.</summary>
    public static int LengthFor(SegmentLayout layout) => Math.Max(1, TargetLength / layout.SegmentSize);

    /// <summary>Cuts the segments <paramref name="first"/> to <paramref name="last"/> (inclusive) of a body into runs.</summary>
    public static IEnumerable<SegmentRun> Cut(SegmentLayout layout, long plaintextLength, long first, long last)
    {
        int most = LengthFor(layout);
        for (long index = first; index <= last; index += most)
        {
            int count = (int)Math.Min(most, last - index + 1);
            long start = layout.PlaintextOffset(index);
            long end = layout.PlaintextOffset(index + count - 1) + layout.PlaintextLengthOf(index + count - 1, plaintextLength);
            int plaintext = (int)(end - start);
            yield return new SegmentRun(index, count, start, plaintext, layout.CiphertextOffset(index), plaintext + (count * SegmentLayout.TagLength));
        }
    }
}
