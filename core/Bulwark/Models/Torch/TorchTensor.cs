using System.Collections.Immutable;

namespace Bulwark.Models.Torch;

/// <summary>A tensor as a pickle rebuilds it: a view of a storage.</summary>
/// <param name="Name">The way to it.</param>
/// <param name="Storage">Its storage.</param>
/// <param name="Element">Its element type.</param>
/// <param name="Offset">Its first element in the storage.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Strides">Elements from one to the next, in each dimension.</param>
internal sealed record TorchTensor(string Name, TorchStorage Storage, TorchElement Element, long Offset, ImmutableArray<long> Shape, ImmutableArray<long> Strides)
{
    /// <summary>Elements; null when that leaves 64 bits.</summary>
    public long? Count
    {
        get
        {
            Int128 count = 1;
            foreach (long extent in Shape)
            {
                if (extent == 0)
                    return 0;
                if (count <= long.MaxValue)
                    count *= extent;
            }

            return count <= long.MaxValue ? (long)count : null;
        }
    }

    /// <summary>Whether the elements lie row-major without gaps.</summary>
    public bool IsContiguous
    {
        get
        {
            Int128 due = 1;
            for (int i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] == 0)
                    return true;
                if (Shape[i] != 1 && Strides[i] != due)
                    return false;
                due = due <= long.MaxValue ? due * Shape[i] : due;
            }

            return true;
        }
    }

    /// <summary>Elements of the storage up to and with the tensor's last one; null when that leaves 64 bits.</summary>
    public long? Reach
    {
        get
        {
            if (Count == 0)
                return 0;
            Int128 last = Offset;
            for (int i = 0; i < Shape.Length; i++)
            {
                last += (Int128)(Shape[i] - 1) * Strides[i];
                if (last > long.MaxValue)
                    return null;
            }

            return last < long.MaxValue ? (long)last + 1 : null;
        }
    }
}
