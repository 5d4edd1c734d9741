using System.Collections.Immutable;

namespace Bulwark.Models;

/// <summary>A tensor that a file names but whose bytes do not lie in it as a tensor's do, or lie there as part of another tensor: it is signed and encrypted with the file, and never edited on its own.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="DType">Element type; null when it is not known or has no name here.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="Why">Why it is not mapped, as it is said of a tensor: <c>compressed</c>, <c>in another file</c>, <c>not contiguous</c>.</param>
public sealed record UnmappedTensor(string Name, DType? DType, ImmutableArray<long> Shape, string Why)
{
    /// <summary>It is compressed.</summary>
    public const string Compressed = "compressed";

    /// <summary>It lies in an archive, or in a pickle, inside the file, whose own checksums or structure an edit in place would break.</summary>
    public const string Nested = "nested in a part of the file";

    /// <summary>It lies in another file.</summary>
    public const string Elsewhere = "in another file";

    /// <summary>Its elements lie in another order than row-major, or with gaps.</summary>
    public const string NotContiguous = "not contiguous";

    /// <summary>Its first dimension is the innermost.</summary>
    public const string ColumnMajor = "column-major";

    /// <summary>Its bytes, or some of them, are another tensor's, under whose name they are mapped.</summary>
    public const string Shared = "sharing bytes with another tensor";

    /// <summary>Its elements are of a type that is not named here, such as text, Python objects or big-endian numbers.</summary>
    public const string OtherType = "of another element type";
}
