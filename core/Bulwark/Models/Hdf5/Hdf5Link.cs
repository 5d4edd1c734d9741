namespace Bulwark.Models.Hdf5;

/// <summary>One link of a group.</summary>
/// <param name="Name">Its name in the group.</param>
/// <param name="Address">Object header that it leads to; null when it is not a hard link.</param>
/// <param name="File">The other file that it leads to; null when it stays here.</param>
/// <param name="Target">Path that it leads to, of a soft or external link.</param>
/// <param name="IsUserDefined">True when only a program knows what it leads to.</param>
/// <remarks>
/// <code>
/// message     1 u8 | flags u8 | [bit 3: type u8] | [bit 2: order u64] | [bit 4: character set u8] | name length of 1, 2, 4 or 8 bytes by bits 0-1 | name | value
/// hard 0      address
/// soft 1      length u16 | path
/// external 64 length u16 | version and flags u8 | file 00 | path 00
/// </code>
/// Source: HDF5 File Format Specification 3.0, IV.A.2.g.
/// </remarks>
internal sealed record Hdf5Link(string Name, long? Address, string? File, string? Target, bool IsUserDefined)
{
    private const int External = 64;

    /// <summary>Reads the message.</summary>
    public static Hdf5Link Read(Hdf5Fields fields)
    {
        if (fields.Byte() != 1)
            throw fields.Broken("a link has an unknown version");
        int flags = fields.Byte();
        int type = (flags & 8) != 0 ? fields.Byte() : 0;
        fields.Skip(((flags & 4) != 0 ? 8 : 0) + ((flags & 16) != 0 ? 1 : 0));
        string name = Text(fields.Take(fields.Number(1 << (flags & 3))));
        switch (type)
        {
            case 0:
                return new Hdf5Link(name, fields.RequireAddress("a link"), null, null, false);
            case 1:
                return new Hdf5Link(name, null, null, Text(fields.Take(fields.UInt16())), false);
            case External:
                ReadOnlySpan<byte> value = fields.Take(fields.UInt16());
                value = value.IsEmpty ? value : value[1..];
                int end = value.IndexOf((byte)0);
                return new Hdf5Link(name, null, Text(end < 0 ? value : value[..end]), Text(end < 0 ? [] : value[(end + 1)..].TrimEnd((byte)0)), false);
            default:
                return new Hdf5Link(name, null, null, null, true);
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}
