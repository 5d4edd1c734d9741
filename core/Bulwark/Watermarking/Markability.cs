using System.Globalization;
using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>Says whether a model can carry the mark, and if not, exactly why; for people and for the signed claim.</summary>
public static class Markability
{
    /// <summary>Why a model cannot be marked; null when it can.</summary>
    public static string? WhyNot(ModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.NotMarkable is { } why)
            return why;
        long elements = Watermarker.CountElements(model.Tensors, Watermarker.ChooseMode(model.Tensors));
        return elements >= Watermarker.MinimumElements ? null
            : model.Tensors.Count == 0 && model.Unmapped.Count == 0 ? $"no tensors were found in the {model.Format} file"
            : string.Create(CultureInfo.InvariantCulture, $"{elements} markable weights are fewer than the {Watermarker.MinimumElements} a mark needs{Rest(model.Unmapped)}");
    }

    /// <summary>Why a tensor carries no part of a mark of a mode; null when it does.</summary>
    public static string? WhyNot(TensorInfo tensor, WatermarkMode mode)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return MarkableTensors.CanMark(tensor, mode) ? null
            : tensor.Shape.Length < 2 ? "fewer than two dimensions"
            : tensor.ElementCount < MarkableTensors.MinimumElements ? "too few elements"
            : "its element type is not marked";
    }

    private static string Rest(IReadOnlyList<UnmappedTensor> unmapped) => unmapped.Count == 0 ? ""
        : $"; not editable in place: {string.Join(", ", unmapped.GroupBy(t => t.Why).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} {(g.Count() == 1 ? "tensor" : "tensors")} {g.Key}")))}";
}
