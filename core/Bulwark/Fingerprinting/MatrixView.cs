using Bulwark.Models;

namespace Bulwark.Fingerprinting;

/// <summary>A tensor seen as a matrix: the first split of its dimensions into R rows and C columns with R at least 8 and C from 64 to 65,536.</summary>
/// <param name="Rows">R.</param>
/// <param name="Columns">C.</param>
internal readonly record struct MatrixView(long Rows, int Columns)
{
    /// <summary>The view of a tensor; null when no split fits.</summary>
    public static MatrixView? Of(TensorInfo tensor)
    {
        long rows = 1, columns = tensor.ElementCount;
        for (int i = 0; i < tensor.Shape.Length - 1; i++)
        {
            if (tensor.Shape[i] == 0)
                return null;
            rows *= tensor.Shape[i];
            columns /= tensor.Shape[i];
            if (rows >= 8 && columns is >= 64 and <= 65_536)
                return new MatrixView(rows, (int)columns);
        }

        return null;
    }
}
