namespace Bulwark.Models.Numpy;

/// <summary>A member of a NumPy archive that is stored as it is.</summary>
/// <param name="Name">Its name in the archive, such as <c>weights.npy</c>.</param>
/// <param name="Offset">Its first byte in the archive.</param>
/// <param name="Length">Its length.</param>
/// <param name="ChecksumsAt">Where the archive keeps its CRC-32.</param>
internal sealed record NpzMember(string Name, long Offset, long Length, IReadOnlyList<long> ChecksumsAt);
