namespace Bulwark.Models.Zip;

/// <summary>What a local header says where it differs from the directory.</summary>
/// <param name="Name">The name.</param>
/// <param name="Flags">The flags.</param>
/// <param name="Method">The method.</param>
/// <param name="CompressedLength">Bytes in the archive; null when the header leaves that to the descriptor.</param>
internal sealed record ZipLocalView(string Name, int Flags, int Method, long? CompressedLength);
