using System.Collections.Immutable;
using Bulwark.Storage;

namespace Bulwark.Models;

/// <summary>A file whose inside is not mapped: it can be hashed, signed and encrypted, but holds no tensors to mark.</summary>
public sealed class OpaqueFile : ModelFile
{
    internal OpaqueFile(IObjectReader reader, string format = "opaque", string? why = null)
        : base(reader, [], ImmutableDictionary<string, string>.Empty)
    {
        Format = format;
        NotMarkable = why ?? "no tensors are known in a file of no known format";
    }

    /// <inheritdoc />
    public override string Format { get; }

    /// <inheritdoc />
    public override string? NotMarkable { get; }
}
