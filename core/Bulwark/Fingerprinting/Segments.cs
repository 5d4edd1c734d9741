namespace Bulwark.Fingerprinting;

/// <summary>The 64 contiguous segments that the columns, or the rows, of a matrix are cut into.</summary>
internal static class Segments
{
    public const int Count = 64;

    /// <summary>First index of a segment; of segment 64, the end.</summary>
    public static long Start(long length, int segment) => (long)((Int128)length * segment / Count);
}
