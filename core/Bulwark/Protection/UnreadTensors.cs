using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Protection;

/// <summary>Tensors that look like weights but that no mark can be read from.</summary>
/// <param name="Reason">Why not.</param>
/// <param name="Tensors">How many.</param>
/// <param name="Example">The first of them, as <c>name dtype</c>.</param>
public sealed record UnreadTensors(string Reason, int Tensors, string Example)
{
    internal static IReadOnlyList<UnreadTensors> Of(IReadOnlyList<TensorInfo> tensors) =>
    [
        .. from tensor in tensors
           let reason = MarkableTensors.WhyUnread(tensor)
           where reason is not null
           group tensor by reason into same
           select new UnreadTensors(same.Key, same.Count(), $"{same.First().Name} {same.First().DType}"),
    ];
}
