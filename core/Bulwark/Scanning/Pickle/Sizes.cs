namespace Bulwark.Scanning.Pickle;

/// <summary>Counts of values that would overflow: they stop at <see cref="Most"/>.</summary>
internal static class Sizes
{
    /// <summary>As large as a count gets.</summary>
    public const long Most = 1L << 60;

    /// <summary>The sum, at most <see cref="Most"/>.</summary>
    public static long Add(long a, long b) => Math.Min(a + b, Most);
}
