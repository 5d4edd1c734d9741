using System.Collections.Immutable;

namespace Bulwark.Models;

/// <summary>Where a tensor lies in a model file.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar. The product is checked to fit a signed 64-bit integer.</param>
/// <param name="Offset">First byte, from the start of the file.</param>
/// <param name="Length">Length in bytes: row-major, little-endian, contiguous.</param>
public sealed record TensorInfo(string Name, DType DType, ImmutableArray<long> Shape, long Offset, long Length)
{
    /// <summary>
    /// For integers that stand for weights: the code that means zero, of the whole tensor, where the file says so. Null otherwise.
    /// </summary>
    public int? ZeroPoint { get; init; }

    /// <summary>Number of elements: the product of the dimensions, 1 for a scalar.</summary>
    public long ElementCount
    {
        get
        {
            long count = 1;
            foreach (long dimension in Shape)
                count = checked(count * dimension);
            return count;
        }
    }
}
