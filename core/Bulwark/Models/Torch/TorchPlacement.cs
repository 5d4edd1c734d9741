using System.Collections.Immutable;

namespace Bulwark.Models.Torch;

/// <summary>Tensors laid out in a file. Of tensors that share bytes the longest is mapped, the first among equals: each byte is edited at most once, and all of them see the edit.</summary>
/// <param name="Tensors">Those that lie as a tensor does and share no bytes, in file order.</param>
/// <param name="Unmapped">Those that share bytes with one of <paramref name="Tensors"/>, are not contiguous, compressed, or of a type without a name here.</param>
internal sealed record TorchPlacement(ImmutableArray<TensorInfo> Tensors, ImmutableArray<UnmappedTensor> Unmapped)
{
    /// <summary>Lays tensors out.</summary>
    /// <param name="file">Name for messages.</param>
    /// <param name="tensors">The tensors.</param>
    /// <param name="place">Where a storage's bytes lie: offset and length; an offset of -1 when they are not there as they are.</param>
    /// <exception cref="ModelFormatException">BW1433: a tensor that leaves its storage.</exception>
    public static TorchPlacement Of(string file, IReadOnlyList<TorchTensor> tensors, Func<TorchStorage, (long Offset, long Length)> place)
    {
        List<TensorInfo> mapped = new(tensors.Count);
        ImmutableArray<UnmappedTensor>.Builder unmapped = ImmutableArray.CreateBuilder<UnmappedTensor>();
        foreach (TorchTensor tensor in tensors)
        {
            if (tensor.Storage.IsMeta)
                continue;
            (long offset, long length) = place(tensor.Storage);
            int size = tensor.Element.Size;
            if (tensor.Count is not { } count || tensor.Reach is not { } reach || reach > length / size || (count > 0 && tensor.Offset > length / size))
                throw ModelFormatException.BadTorchTensor(file, tensor.Name, FormattableString.Invariant($"it reaches beyond the {length} bytes of its storage {ModelFormatException.Quote(tensor.Storage.Key)}"));
            if (offset < 0 || tensor.Element.DType is not { } dtype || !tensor.IsContiguous || !IsRepresentable(tensor.Shape))
                unmapped.Add(new UnmappedTensor(tensor.Name, tensor.Element.DType, tensor.Shape, offset < 0 ? UnmappedTensor.Compressed : tensor.Element.DType is null ? UnmappedTensor.OtherType : UnmappedTensor.NotContiguous));
            else
                mapped.Add(new TensorInfo(tensor.Name, dtype, tensor.Shape, offset + (count == 0 ? 0 : tensor.Offset * size), count * size));
        }

        return new TorchPlacement(Separate(mapped, unmapped), unmapped.ToImmutable());
    }

    /// <summary>Several of one file as one.</summary>
    public static TorchPlacement Together(IReadOnlyCollection<TorchPlacement> parts)
    {
        ImmutableArray<UnmappedTensor>.Builder unmapped = ImmutableArray.CreateBuilder<UnmappedTensor>();
        unmapped.AddRange(parts.SelectMany(p => p.Unmapped));
        return new TorchPlacement(Separate([.. parts.SelectMany(p => p.Tensors)], unmapped), unmapped.ToImmutable());
    }

    // TensorInfo multiplies all dimensions, so [2^40, 2^40, 0] must not get there.
    private static bool IsRepresentable(ImmutableArray<long> shape)
    {
        Int128 product = 1;
        foreach (long extent in shape)
        {
            product *= extent;
            if (product > long.MaxValue)
                return false;
        }

        return true;
    }

    private static ImmutableArray<TensorInfo> Separate(List<TensorInfo> mapped, ImmutableArray<UnmappedTensor>.Builder unmapped)
    {
        // OrderBy keeps the order of the pickle among equals, so that the first name of a tied weight is its name.
        List<TensorInfo> apart = [];
        foreach (TensorInfo tensor in mapped.OrderBy(t => t.Offset).ThenBy(t => t.Length > 0 ? 1 : 0).ThenByDescending(t => t.Length))
        {
            if (tensor.Length == 0 || apart.Count == 0 || apart[^1].Offset + apart[^1].Length <= tensor.Offset)
            {
                apart.Add(tensor);
            }
            else if (tensor.Length > apart[^1].Length)
            {
                unmapped.Add(Alias(apart[^1]));
                apart[^1] = tensor;
            }
            else
            {
                unmapped.Add(Alias(tensor));
            }
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < apart.Count; i++)
        {
            for (int copy = 2; !names.Add(apart[i].Name); copy++)
                apart[i] = apart[i] with { Name = FormattableString.Invariant($"{apart[i].Name}~{apart[i].Offset + copy - 2}") };
        }

        return [.. apart];
    }

    private static UnmappedTensor Alias(TensorInfo tensor) => new(tensor.Name, tensor.DType, tensor.Shape, UnmappedTensor.Shared);
}
