using Bulwark.Models;

namespace Bulwark.Fingerprinting;

/// <summary>A tensor seen as a matrix: its dimensions split at the first place that leaves enough rows and a bearable number of columns.</summary>
/// <param name="Rows">Product of the dimensions before the split, at least <see cref="MinimumRows"/>.</param>
/// <param name="Columns">Product of those behind it, <see cref="Segments.Count"/> to <see cref="MaximumColumns"/>.</param>
internal readonly record struct TensorView(long Rows, int Columns)
{
    public const int MinimumRows = 8;

    /// <summary>Bounds the memory of one tensor: 64 segments of this many sums.</summary>
    public const int MaximumColumns = 65_536;

    /// <summary>True when the rows can be cut into segments too.</summary>
    public bool HasRowSegments => Rows >= Segments.Count;

    /// <summary>The view of a tensor; null when no split fits.</summary>
    public static TensorView? Of(TensorInfo tensor)
    {
        long rows = 1, elements = tensor.ElementCount;
        for (int i = 0; i + 1 < tensor.Shape.Length && elements > 0; i++)
        {
            rows *= tensor.Shape[i];
            if (rows >= MinimumRows && elements / rows is >= Segments.Count and <= MaximumColumns)
                return new TensorView(rows, (int)(elements / rows));
        }

        return null;
    }
}
