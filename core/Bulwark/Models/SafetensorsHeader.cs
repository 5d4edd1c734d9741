using System.Collections.Immutable;

namespace Bulwark.Models;

/// <summary>What a header says, once all its rules hold.</summary>
internal sealed record SafetensorsHeader(
    ImmutableArray<TensorInfo> Tensors,
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<string> UnknownMembers);
