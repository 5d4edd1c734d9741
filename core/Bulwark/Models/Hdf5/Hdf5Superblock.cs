using Bulwark.Storage;

namespace Bulwark.Models.Hdf5;

/// <summary>The first structure of an HDF5 file.</summary>
/// <param name="RootAddress">Object header of the root group.</param>
/// <param name="EndAddress">First address after the file's content.</param>
/// <param name="ExtensionAddress">Object header with what did not fit; null when there is none.</param>
/// <param name="DriverAddress">Description of the driver that spreads the file over several; null when there is none.</param>
/// <remarks>
/// <code>
/// versions 0, 1   89 48 44 46 0D 0A 1A 0A | version u8 | free-space version u8 | root version u8 | 0 | header version u8 | address size u8 | length size u8 | 0 |
///                 leaf K u16 | internal K u16 | flags u32 | [1: chunk K u16 | 0 u16] | base | free space | end of file | driver block | symbol table entry of the root
/// versions 2, 3   89 48 44 46 0D 0A 1A 0A | version u8 | address size u8 | length size u8 | flags u8 | base | extension | end of file | root header | checksum u32
/// entry           name offset | object header | cache u32 | 0 u32 | 16 bytes
/// </code>
/// It lies at 0, or at 512, 1024, 2048 ... behind a block that is the user's. Source: HDF5 File Format Specification 3.0, II.A.
/// As the library does it, addresses count from where the superblock is found, whatever base it declares.
/// </remarks>
internal sealed record Hdf5Superblock(long RootAddress, long EndAddress, long? ExtensionAddress, long? DriverAddress)
{
    private const int LargestLength = 128;
    private const int FirstUserBlock = 512;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Whether a head is that of an HDF5 file without a user block.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => head.StartsWith(Signature);

    /// <summary>Where the superblock of a file lies; null when it is no HDF5 file.</summary>
    public static async Task<long?> FindAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        byte[] head = new byte[Signature.Length];
        for (long at = 0; at <= reader.Source.Size - head.Length; at = at == 0 ? FirstUserBlock : at * 2)
        {
            await reader.ReadAsync(at, head, cancellationToken).ConfigureAwait(false);
            if (Looks(head))
                return at;
        }

        return null;
    }

    /// <summary>Reads it and sets the sizes of addresses and lengths.</summary>
    public static async Task<Hdf5Superblock> ReadAsync(Hdf5Bytes bytes, CancellationToken cancellationToken)
    {
        const string What = "the superblock";
        Hdf5Fields fields = await bytes.ReadAsync(0, Math.Min(LargestLength, bytes.Size), What, cancellationToken).ConfigureAwait(false);
        fields.Expect(Signature, What);
        int version = fields.Byte();
        if (version > 3)
            throw fields.Broken(FormattableString.Invariant($"{What} has the unknown version {version}"));
        if (version < 2)
            fields.Skip(4);
        (bytes.AddressSize, bytes.LengthSize) = (fields.Byte(), fields.Byte());
        if (bytes.AddressSize is not (2 or 4 or 8) || bytes.LengthSize is not (2 or 4 or 8))
            throw fields.Broken("addresses or lengths have an odd size");
        if (version >= 2)
            return await ReadNewAsync(bytes, fields, cancellationToken).ConfigureAwait(false);

        fields.Skip(version == 0 ? 9 : 13);
        long declared = fields.RequireAddress("the base");
        _ = fields.AddressOrNone();
        long end = fields.RequireAddress("the end of the file");
        long? driver = fields.AddressOrNone();
        _ = fields.Number(bytes.AddressSize);
        long root = fields.RequireAddress("the root group");
        bytes.Claim(0, fields.Address + 24);
        return new Hdf5Superblock(root, CheckEnd(bytes, end, declared), null, driver);
    }

    private static async Task<Hdf5Superblock> ReadNewAsync(Hdf5Bytes bytes, Hdf5Fields fields, CancellationToken cancellationToken)
    {
        fields.Skip(1);
        long declared = fields.RequireAddress("the base");
        long? extension = fields.AddressOrNone();
        long end = fields.RequireAddress("the end of the file");
        long root = fields.RequireAddress("the root group");
        long length = fields.Address + 4;
        (await bytes.ReadAsync(0, length, "the superblock", cancellationToken).ConfigureAwait(false)).Verify("the superblock");
        bytes.Claim(0, length);
        return new Hdf5Superblock(root, CheckEnd(bytes, end, declared), extension, null);
    }

    // The end is declared as an offset in the file, from the same place as the base.
    private static long CheckEnd(Hdf5Bytes bytes, long end, long declaredBase)
    {
        long length = end - declaredBase;
        return length >= 0 && length <= bytes.Size ? length : throw bytes.Broken(0, FormattableString.Invariant($"the file should have {length} bytes and has {bytes.Size}"));
    }
}
