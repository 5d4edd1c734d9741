using System.Collections.Immutable;

namespace Bulwark.Models;

/// <summary>
/// Checks that tensors tile the data part of a safetensors file: each as long as its dtype and shape say, the first at 0,
/// each where the one before ends, the last at the end of the file.
/// </summary>
/// <param name="file">Name for messages.</param>
/// <param name="dataOffset">First byte of the tensors in the file.</param>
/// <param name="fileSize">Size of the file in bytes.</param>
internal sealed class SafetensorsLayout(string file, long dataOffset, long fileSize)
{
    private readonly List<TensorInfo> _tensors = [];

    /// <summary>Adds a tensor with its declared range, counted from the start of the data.</summary>
    public void Add(string name, DType dtype, ImmutableArray<long> shape, long begin, long end)
    {
        long available = fileSize - dataOffset;
        if (begin > end || end > available)
            throw ModelFormatException.OutsideFile(file, name, begin, end, available);
        ulong bits = Bits(name, dtype, shape);
        if (bits % 8 != 0)
            throw ModelFormatException.Misaligned(file, name);
        if ((ulong)(end - begin) != bits / 8)
            throw ModelFormatException.LengthMismatch(file, name, end - begin, bits / 8);

        // Neighbours mostly share a shape; sharing the array too halves what a header of many small tensors costs.
        ImmutableArray<long> previous = _tensors.Count > 0 ? _tensors[^1].Shape : [];
        ImmutableArray<long> shared = previous.AsSpan().SequenceEqual(shape.AsSpan()) ? previous : shape;
        _tensors.Add(new TensorInfo(name, dtype, shared, dataOffset + begin, end - begin));
    }

    /// <summary>Orders the tensors by place and checks that they leave no hole, no overlap and no rest.</summary>
    public ImmutableArray<TensorInfo> Complete()
    {
        _tensors.Sort(static (a, b) =>
            a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset)
            : a.Length != b.Length ? a.Length.CompareTo(b.Length)
            : string.CompareOrdinal(a.Name, b.Name));
        long next = dataOffset;
        foreach (TensorInfo tensor in _tensors)
        {
            if (tensor.Offset != next)
                throw ModelFormatException.NotTiled(file, tensor.Name, next - dataOffset, tensor.Offset - dataOffset);
            next += tensor.Length;
        }

        return next == fileSize ? [.. _tensors] : throw ModelFormatException.TrailingBytes(file, fileSize - next);
    }

    private ulong Bits(string name, DType dtype, ImmutableArray<long> shape)
    {
        try
        {
            // Left to right like the reference, so that [2^62, 4, 0] is refused by both. Signed, so that TensorInfo.ElementCount is safe.
            long count = 1;
            foreach (long dimension in shape)
                count = checked(count * dimension);
            return checked((ulong)count * (ulong)dtype.BitWidth());
        }
        catch (OverflowException)
        {
            throw ModelFormatException.Overflow(file, name);
        }
    }
}
