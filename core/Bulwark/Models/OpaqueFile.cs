using System.Collections.Immutable;
using Bulwark.Storage;

namespace Bulwark.Models;

/// <summary>A file whose inside is not mapped: it can be hashed, signed and encrypted, but holds no tensors to mark.</summary>
public sealed class OpaqueFile : ModelFile
{
    internal OpaqueFile(IObjectReader reader)
        : base(reader, [], ImmutableDictionary<string, string>.Empty)
    {
    }

    /// <inheritdoc />
    public override string Format => "opaque";
}
