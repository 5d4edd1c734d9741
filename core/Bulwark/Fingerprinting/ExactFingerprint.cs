namespace Bulwark.Fingerprinting;

/// <summary>Two Merkle roots over a model's tensors, equal only for equal tensors. Which file format holds them does not matter.</summary>
/// <param name="ContentRoot">32 bytes over the tensors alone: names and order do not matter.</param>
/// <param name="NamedRoot">32 bytes over names and tensors: order does not matter.</param>
public sealed record ExactFingerprint(ReadOnlyMemory<byte> ContentRoot, ReadOnlyMemory<byte> NamedRoot)
{
    /// <inheritdoc />
    public bool Equals(ExactFingerprint? other) =>
        other is not null && ContentRoot.Span.SequenceEqual(other.ContentRoot.Span) && NamedRoot.Span.SequenceEqual(other.NamedRoot.Span);

    /// <inheritdoc />
    public override int GetHashCode() => BitConverter.ToInt32(NamedRoot.Span);
}
