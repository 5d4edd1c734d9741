using Bulwark.Audit;

namespace Bulwark.Fingerprinting;

/// <summary>
/// Two Merkle roots over the tensors of a model: equal when, and (short of a broken SHA-256) only when, the tensors are equal bit for bit.
/// </summary>
/// <remarks>
/// H is SHA-256, ‖ is concatenation, numbers are little-endian. Trees have the shape of RFC 6962: a node is H(01 ‖ left ‖ right), the
/// left side holding the largest power of two below n; a single leaf is its own root, and no leaf at all gives H("").
/// <code>
/// chunk        H(00 ‖ up to 1 MiB of the tensor's row-major little-endian bytes)
/// data root    tree over the tensor's chunks
/// tensor leaf  H(02 ‖ u8 dtype ‖ u8 rank ‖ u64 dimension, outermost first, each ‖ u64 byte length ‖ data root)
/// contentRoot  tree over the tensor leaves, sorted bytewise       (names, order and container do not matter)
/// namedRoot    tree over H(03 ‖ u32 length ‖ UTF-8 name ‖ tensor leaf), sorted by the name's bytes
/// </code>
/// The dtype codes stand at <see cref="DTypeCodes"/>.
/// </remarks>
/// <param name="ContentRoot">What the tensors hold, under whatever names.</param>
/// <param name="NamedRoot">What they hold and what they are called.</param>
public sealed record ExactFingerprint(MerkleHash ContentRoot, MerkleHash NamedRoot);
