using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>Tells the first tensor of each canonical name from those that come after it.</summary>
internal sealed class FirstOfName
{
    private readonly Dictionary<string, TensorInfo> _first = new(StringComparer.Ordinal);

    /// <summary>True when no other tensor of this canonical name came before.</summary>
    public bool Is(TensorInfo tensor)
    {
        string name = WatermarkKey.CanonicalName(tensor.Name);
        return _first.TryAdd(name, tensor) || ReferenceEquals(_first[name], tensor);
    }
}
