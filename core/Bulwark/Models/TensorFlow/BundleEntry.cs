using System.Collections.Immutable;

namespace Bulwark.Models.TensorFlow;

/// <summary>One variable of a bundle.</summary>
/// <param name="Name">Its key, such as <c>layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE</c>.</param>
/// <param name="DType">Its element type; null for strings and others that tensors do not have.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Shard">Number of the data file.</param>
/// <param name="Offset">First byte in the data file.</param>
/// <param name="Length">Its length.</param>
/// <param name="Checksum">Masked CRC-32C of its bytes.</param>
/// <param name="IsSliced">Whether it is stored in parts under other keys.</param>
internal sealed record BundleEntry(string Name, DType? DType, ImmutableArray<long> Shape, int Shard, long Offset, long Length, uint Checksum, bool IsSliced);
