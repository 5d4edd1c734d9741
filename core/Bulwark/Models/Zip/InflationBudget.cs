namespace Bulwark.Models.Zip;

/// <summary>What decompression may spend. Not safe for concurrent use.</summary>
internal sealed class InflationBudget
{
    /// <summary>Decompressed bytes, over everything this budget is for.</summary>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>The highest ratio of decompressed to compressed bytes once past <see cref="RatioFloor"/>.</summary>
    public int MaxRatio { get; init; } = UsualRatio;

    /// <summary>Content up to this size is held in memory to be read at random.</summary>
    public int MaxHeldBytes { get; init; } = 16 << 20;

    /// <summary>Told of bytes as they are decompressed.</summary>
    public Action<long>? Spent { get; init; }

    /// <summary>Bytes decompressed so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Below this size no ratio is a bomb.</summary>
    public const long RatioFloor = 96 << 20;

    /// <summary>More than weights reach, of which whole files of zeros are rare at this size; DEFLATE itself ends at 1032.</summary>
    public const int UsualRatio = 250;

    /// <summary>Counts bytes; refuses when there are too many.</summary>
    public void Spend(long bytes, string name)
    {
        Bytes += bytes;
        Spent?.Invoke(bytes);
        if (Bytes > MaxBytes)
            throw ModelFormatException.InflatesTooFar(name, FormattableString.Invariant($"it inflates to more than {MaxBytes} bytes"));
    }
}
