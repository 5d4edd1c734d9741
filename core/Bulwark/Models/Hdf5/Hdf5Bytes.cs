using System.Text;
using Bulwark.Storage;

namespace Bulwark.Models.Hdf5;

/// <summary>
/// Reads small structures here and there in an HDF5 file, by addresses that count from its superblock. What is read in all is
/// bounded by the file's size, so that structures that overlap cannot keep a reader busy.
/// </summary>
/// <param name="reader">The file.</param>
/// <param name="start">Where address 0 lies: after the user block.</param>
internal sealed class Hdf5Bytes(IObjectReader reader, long start)
{
    private const int BlockLength = 1 << 13;
    private const int Blocks = 64;
    private const int BudgetPerByte = 8;
    private const long BudgetFloor = 16 << 20;
    private const long BudgetCeiling = 1L << 30;
    private const int LongestText = 1 << 16;

    private readonly byte[][] _blocks = new byte[Blocks][];
    private readonly long[] _numbers = new long[Blocks];
    private long _spent;

    /// <summary>Name of the file, for messages.</summary>
    public string File { get; } = reader.Source.ToString();

    /// <summary>The file.</summary>
    public IObjectReader Reader => reader;

    /// <summary>Offset of address 0 in the file.</summary>
    public long Start => start;

    /// <summary>Bytes that have an address.</summary>
    public long Size { get; } = reader.Source.Size - start;

    /// <summary>Bytes of an address: 2, 4 or 8.</summary>
    public int AddressSize { get; set; } = 8;

    /// <summary>Bytes of a length: 2, 4 or 8.</summary>
    public int LengthSize { get; set; } = 8;

    /// <summary>Ranges of addresses in which structures lie that were read, for telling data apart from them.</summary>
    public List<(long Start, long End)> Structures { get; } = [];

    /// <summary>The error for something broken at an address.</summary>
    public ModelFormatException Broken(long address, string why) =>
        ModelFormatException.Hdf5Broken(File, address > long.MaxValue - start ? long.MaxValue : start + address, why);

    /// <summary>Whether a range of addresses lies in the file.</summary>
    public bool Holds(long address, long length) => address >= 0 && length >= 0 && address <= Size && length <= Size - address;

    /// <summary>Reads the fields of a structure.</summary>
    /// <param name="address">Where it begins.</param>
    /// <param name="length">Its length; it must lie in the file.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async ValueTask<Hdf5Fields> ReadAsync(long address, long length, string what, CancellationToken cancellationToken)
    {
        if (!Holds(address, length) || length > Hdf5Limits.StructureBytes)
            throw Broken(address, Holds(address, length) ? $"{what} is larger than any is" : $"{what} does not lie in the file");
        byte[] bytes = new byte[(int)length];
        await CopyAsync(address, bytes, cancellationToken).ConfigureAwait(false);
        return new Hdf5Fields(this, address, bytes);
    }

    /// <summary>Notes where a structure lies.</summary>
    public void Claim(long address, long length)
    {
        if (Structures.Count >= Hdf5Limits.Structures)
            throw ModelFormatException.Hdf5Limit(File, "number of structures", Hdf5Limits.Structures);
        Structures.Add((address, address + length));
    }

    /// <summary>Reads text that ends with a zero byte.</summary>
    public async ValueTask<string> ReadTextAsync(long address, string what, CancellationToken cancellationToken)
    {
        const int PieceLength = 64;
        var bytes = new MemoryStream();
        byte[] piece = new byte[PieceLength];
        while (bytes.Length < LongestText)
        {
            int wanted = (int)Math.Min(PieceLength, Holds(address, 1) ? Size - address : 0);
            if (wanted == 0)
                break;
            await CopyAsync(address, piece.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
            int end = piece.AsSpan(0, wanted).IndexOf((byte)0);
            bytes.Write(piece, 0, end < 0 ? wanted : end);
            if (end >= 0)
                return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
            address += wanted;
        }

        throw Broken(address, $"{what} does not end");
    }

    private async ValueTask CopyAsync(long address, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _spent += buffer.Length;
        if (_spent > Math.Clamp(reader.Source.Size * BudgetPerByte, BudgetFloor, BudgetCeiling))
            throw ModelFormatException.Hdf5Limit(File, "bytes of structures, most of them read again and again", _spent);
        while (buffer.Length > 0)
        {
            (long number, long within) = Math.DivRem(address, BlockLength);
            int slot = (int)(number % Blocks);
            if (_blocks[slot] is null || _numbers[slot] != number)
            {
                byte[] block = new byte[(int)Math.Min(BlockLength, Size - (number * BlockLength))];
                await reader.ReadAsync(start + (number * BlockLength), block, cancellationToken).ConfigureAwait(false);
                (_blocks[slot], _numbers[slot]) = (block, number);
            }

            int taken = (int)Math.Min(buffer.Length, BlockLength - within);
            _blocks[slot].AsMemory((int)within, taken).CopyTo(buffer);
            buffer = buffer[taken..];
            address += taken;
        }
    }
}
