using System.Buffers.Binary;
using System.Text;

namespace Bulwark.Models.SevenZip;

/// <summary>Parses the header database of a 7z archive, which lies in memory.</summary>
/// <remarks>
/// <code>
/// number    first byte 0xxxxxxx: itself; 10xxxxxx: one more byte, little-endian, the x on top; ... 11111111: eight more
/// 01 Header | [02 properties] | [03 streams] | [04 streams] | [05 files] | 00
/// streams   [06 pack: offset, count, [09 sizes], [0A digests], 00] | [07 folders: 0B count, external, folders, 0C sizes, [0A digests], 00] |
///           [08 substreams: [0D counts], [09 sizes], [0A digests], 00] | 00
/// folder    coders: flags u8 (0-3 length of id, 4 complex, 5 properties), id, [in, out], [length, properties] | bonds | packed streams
/// files     count | property, length, data ... | 00;   0E which have no stream, 11 names in UTF-16, 15 attributes
/// </code>
/// Source: 7zFormat.txt of the LZMA SDK.
/// </remarks>
internal ref struct SevenZipHeader
{
    private const int MaxFolders = 100_000;
    private const int MaxMembers = 100_000;
    private const int MaxCoders = 8;

    private readonly string _file;
    private ReadOnlySpan<byte> _rest;
    private bool[] _hasDigest = [];

    /// <summary>Begins at the first byte of a header.</summary>
    public SevenZipHeader(string file, ReadOnlySpan<byte> bytes)
    {
        _file = file;
        _rest = bytes;
        Folders = [];
        Members = [];
    }

    /// <summary>The blocks.</summary>
    public List<SevenZipFolder> Folders { get; private set; }

    /// <summary>The files.</summary>
    public List<SevenZipMember> Members { get; }

    private List<(int Folder, long Offset, long Length)> Substreams { get; set; } = [];

    /// <summary>Reads it; true when it is the packed form of another one, which <see cref="Folders"/> then holds.</summary>
    public bool Read()
    {
        switch (Byte())
        {
            case 0x17:
                Streams();
                return Folders.Count == 1 ? true : throw Bad("a packed header must be one block");
            case 0x01:
                break;
            default:
                throw Bad("there is no header where it should be");
        }

        while (true)
        {
            switch (Byte())
            {
                case 0x00:
                    return false;
                case 0x02:
                    while (Byte() != 0)
                        Skip(Number());
                    break;
                case 0x03:
                    Streams();
                    Folders = [];
                    Substreams = [];
                    break;
                case 0x04:
                    Streams();
                    break;
                case 0x05:
                    Files();
                    break;
                default:
                    throw Bad("the header has an unknown part");
            }
        }
    }

    private void Streams()
    {
        const int SignatureLength = 32;
        long at = SignatureLength;
        List<long> packed = [];
        while (true)
        {
            switch (Byte())
            {
                case 0x00:
                    Place(at, packed);
                    return;
                case 0x06:
                    at = Add(SignatureLength, Number());
                    int count = Count(MaxFolders);
                    for (byte part = Byte(); part != 0; part = Byte())
                    {
                        if (part == 0x09)
                        {
                            for (int i = 0; i < count; i++)
                                packed.Add(Number());
                        }
                        else if (part == 0x0A)
                        {
                            Digests(count);
                        }
                        else
                        {
                            throw Bad("the packed streams have an unknown part");
                        }
                    }

                    break;
                case 0x07:
                    ReadFolders();
                    break;
                case 0x08:
                    ReadSubstreams();
                    break;
                default:
                    throw Bad("the streams have an unknown part");
            }
        }
    }

    private void Place(long at, List<long> packed)
    {
        int next = 0;
        foreach (SevenZipFolder folder in Folders)
        {
            folder.PackedOffset = at;
            for (int i = 0; i < folder.PackedStreams; i++)
            {
                if (next >= packed.Count)
                    throw Bad("there are fewer packed streams than blocks need");
                folder.PackedLength = Add(folder.PackedLength, packed[next]);
                at = Add(at, packed[next++]);
            }
        }

        if (Substreams.Count == 0)
        {
            for (int i = 0; i < Folders.Count; i++)
                Substreams.Add((i, 0, Folders[i].Length));
        }
    }

    private void ReadFolders()
    {
        if (Byte() != 0x0B)
            throw Bad("the blocks do not begin with their number");
        int count = Count(MaxFolders);
        if (Byte() != 0)
            throw Bad("the blocks are kept elsewhere");
        for (int i = 0; i < count; i++)
            Folders.Add(Folder());
        if (Byte() != 0x0C)
            throw Bad("the blocks have no sizes");
        foreach (SevenZipFolder folder in Folders)
        {
            for (int i = 0; i < folder.Outputs; i++)
            {
                // Of a chain the largest is close enough: chains are not read.
                folder.Length = Math.Max(folder.Length, Number());
            }
        }

        for (byte part = Byte(); part != 0; part = Byte())
        {
            if (part != 0x0A)
                throw Bad("the blocks have an unknown part");
            _hasDigest = Digests(count);
        }
    }

    private SevenZipFolder Folder()
    {
        int coders = Count(MaxCoders);
        List<string> methods = [];
        byte[] properties = [];
        int inputs = 0;
        int outputs = 0;
        for (int i = 0; i < coders; i++)
        {
            byte flags = Byte();
            methods.Add(Convert.ToHexString(Take(flags & 15)));
            (int ins, int outs) = (flags & 0x10) != 0 ? (Count(MaxCoders), Count(MaxCoders)) : (1, 1);
            inputs += ins;
            outputs += outs;
            if ((flags & 0x20) != 0)
            {
                ReadOnlySpan<byte> own = Take(Number());
                if (properties.Length == 0)
                    properties = own.ToArray();
            }

            if ((flags & 0xC0) != 0)
                throw Bad("a method has unknown flags");
        }

        if (coders == 0 || outputs == 0)
            throw Bad("a block has no method");
        int bonds = outputs - 1;
        for (int i = 0; i < 2 * bonds; i++)
            Number();
        int packed = inputs - bonds;
        if (packed < 1)
            throw Bad("a block reads nothing");
        for (int i = 0; packed > 1 && i < packed; i++)
            Number();
        return new SevenZipFolder(methods, properties, packed) { Outputs = outputs };
    }

    private void ReadSubstreams()
    {
        int[] counts = new int[Folders.Count];
        counts.AsSpan().Fill(1);
        List<long> sizes = [];
        bool sized = false;
        for (byte part = Byte(); part != 0; part = Byte())
        {
            switch (part)
            {
                case 0x0D:
                    long total = 0;
                    for (int i = 0; i < counts.Length; i++)
                    {
                        counts[i] = Count(MaxMembers);
                        total += counts[i];
                    }

                    if (total > MaxMembers)
                        throw ModelFormatException.ArchiveTooLarge(_file, "files", MaxMembers);
                    break;
                case 0x09:
                    sized = true;
                    foreach (int n in counts)
                    {
                        for (int i = 0; i < n - 1; i++)
                            sizes.Add(Number());
                    }

                    break;
                case 0x0A:
                    int due = 0;
                    for (int i = 0; i < counts.Length; i++)
                        due += counts[i] == 1 && i < _hasDigest.Length && _hasDigest[i] ? 0 : counts[i];
                    Digests(due);
                    break;
                default:
                    throw Bad("the files' streams have an unknown part");
            }
        }

        Divide(counts, sizes, sized);
    }

    private readonly void Divide(int[] counts, List<long> sizes, bool sized)
    {
        int next = 0;
        for (int folder = 0; folder < counts.Length; folder++)
        {
            long offset = 0;
            for (int i = 0; i < counts[folder]; i++)
            {
                bool last = i == counts[folder] - 1;
                if (!last && (!sized || next >= sizes.Count))
                    throw Bad("a file has no size");
                long length = last ? Folders[folder].Length - offset : sizes[next++];
                if (length < 0 || length > Folders[folder].Length - offset)
                    throw Bad("a file is longer than its block");
                Substreams.Add((folder, offset, length));
                offset += length;
            }
        }
    }

    private void Files()
    {
        int count = Count(MaxMembers);
        string[] names = new string[count];
        bool[] empty = new bool[count];
        int[] modes = new int[count];
        while (true)
        {
            byte type = Byte();
            if (type == 0)
                break;
            var part = new SevenZipHeader(_file, Take(Number()));
            switch (type)
            {
                case 0x0E:
                    part.Bits(empty);
                    break;
                case 0x11:
                    if (part.Byte() != 0)
                        throw Bad("the names are kept elsewhere");
                    for (int i = 0; i < count; i++)
                        names[i] = part.Name();
                    break;
                case 0x15:
                    bool[] defined = new bool[count];
                    if (part.Byte() != 0)
                        defined.AsSpan().Fill(true);
                    else
                        part.Bits(defined);
                    if (part.Byte() != 0)
                        throw Bad("the attributes are kept elsewhere");
                    for (int i = 0; i < count; i++)
                    {
                        const uint UnixExtension = 0x8000;
                        uint attributes = defined[i] ? BinaryPrimitives.ReadUInt32LittleEndian(part.Take(sizeof(uint))) : 0;
                        modes[i] = (attributes & UnixExtension) != 0 ? (int)(attributes >> 16) : 0;
                    }

                    break;
            }
        }

        int next = 0;
        for (int i = 0; i < count; i++)
        {
            string name = names[i] ?? "";
            if (empty[i])
                Members.Add(new SevenZipMember(name, -1, 0, 0, modes[i]));
            else if (next < Substreams.Count)
                Members.Add(new SevenZipMember(name, Substreams[next].Folder, Substreams[next].Offset, Substreams[next++].Length, modes[i]));
            else
                throw Bad("there are more files than streams");
        }

        if (next != Substreams.Count)
            throw Bad("there are more streams than files");
    }

    private string Name()
    {
        int end = 0;
        while (end + 1 < _rest.Length && (_rest[end] | _rest[end + 1]) != 0)
            end += 2;
        string name = Encoding.Unicode.GetString(Take(end));
        Take(2);
        return name;
    }

    private void Bits(bool[] bits)
    {
        int mask = 0;
        byte held = 0;
        for (int i = 0; i < bits.Length; i++)
        {
            if (mask == 0)
            {
                held = Byte();
                mask = 0x80;
            }

            bits[i] = (held & mask) != 0;
            mask >>= 1;
        }
    }

    private bool[] Digests(int count)
    {
        bool[] defined = new bool[count];
        if (Byte() != 0)
            defined.AsSpan().Fill(true);
        else
            Bits(defined);
        Take((long)sizeof(uint) * defined.Count(static d => d));
        return defined;
    }

    private void Skip(long count) => Take(count);

    private byte Byte() => Take(1)[0];

    private int Count(int most)
    {
        long count = Number();
        return count <= most ? (int)count : throw ModelFormatException.ArchiveTooLarge(_file, "parts of the header", most);
    }

    private long Number()
    {
        byte first = Byte();
        long value = 0;
        int mask = 0x80;
        for (int i = 0; i < 8; i++)
        {
            if ((first & mask) == 0)
                return value | ((long)(first & (mask - 1)) << (8 * i));
            value |= (long)Byte() << (8 * i);
            mask >>= 1;
        }

        return value >= 0 ? value : throw Bad("a number is too large");
    }

    private readonly long Add(long a, long b) => b >= 0 && a <= long.MaxValue - b ? a + b : throw Bad("an offset is too large");

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > _rest.Length)
            throw Bad("the header is cut short");
        ReadOnlySpan<byte> taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private readonly ModelFormatException Bad(string why) => ModelFormatException.Bad7z(_file, why);
}
