namespace Bulwark.Signing;

/// <summary>Bytes of a file to hash.</summary>
/// <param name="File">The file.</param>
/// <param name="Start">First byte.</param>
/// <param name="End">Byte after the last.</param>
internal readonly record struct HashRange(ModelEntry File, long Start, long End)
{
    public static HashRange Whole(ModelEntry file) => new(file, 0, file.Facts.Size);
}
