namespace Bulwark.Models.Onnx;

/// <summary>A tensor whose bytes lie in another file.</summary>
/// <param name="Tensor">Its name.</param>
/// <param name="Position">Where it is described.</param>
/// <param name="Entries">Keys and values of external_data, in file order.</param>
internal sealed record OnnxExternal(string Tensor, long Position, IReadOnlyList<KeyValuePair<string, string>> Entries)
{
    /// <summary>The first value of a key; null when it is not there.</summary>
    public string? this[string key] => Entries.FirstOrDefault(e => e.Key == key).Value;
}
