using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Bulwark.Storage;

namespace Bulwark.Models.Tar;

/// <summary>The members of a tar archive: ustar, with the long names of GNU and the records of pax. Content is stepped over unread.</summary>
/// <remarks>
/// <code>
/// offset  length  field                       offset  length  field
/// 0       100     name                        156     1       type
/// 100     8       mode                        157     100     link name
/// 124     12      size, octal or base 256     257     6       "ustar"
/// 136     12      time                        345     155     prefix of the name
/// 148     8       sum of the header's bytes, with this field as spaces
/// content follows, filled up to 512 bytes; two blocks of zeros end the archive
/// type x, g: pax records "length key=value\n"; type L, K: GNU's long name and link name
/// </code>
/// Source: POSIX.1-2017 pax, ustar interchange format; GNU tar manual.
/// </remarks>
internal sealed class TarArchive
{
    private const int BlockLength = 512;
    private const int MaxMembers = 100_000;
    private const int MaxExtension = 1 << 20;
    private const int MaxNameText = 16 << 20;

    private readonly List<TarMember> _members = [];
    private readonly List<string> _faults = [];

    private TarArchive(IObjectReader reader) => Reader = reader;

    /// <summary>The archive.</summary>
    public IObjectReader Reader { get; }

    /// <summary>The members, in order.</summary>
    public IReadOnlyList<TarMember> Members => _members;

    /// <summary>What is broken, each a sentence without its full stop.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Offset of the first byte after the archive's end.</summary>
    public long End { get; private set; }

    /// <summary>Whether a file begins with a tar header: at least 512 bytes whose sum is right.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) =>
        head.Length >= BlockLength && head[0] != 0 && ChecksumFits(head[..BlockLength])
        && (head[257..].StartsWith("ustar"u8) || (head[156] is 0 or (>= (byte)'0' and <= (byte)'7') && TryNumber(head.Slice(124, 12), out _)));

    /// <summary>Reads the headers.</summary>
    /// <exception cref="StorageException">The object cannot be read, or changed.</exception>
    public static async Task<TarArchive> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        var archive = new TarArchive(reader);
        await archive.ReadAsync(cancellationToken).ConfigureAwait(false);
        return archive;
    }

    /// <summary>The content of a member, in place.</summary>
    public IObjectReader Open(TarMember member) => new ReaderSection(Reader, member.Name, member.DataOffset, member.Length);

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        long size = Reader.Source.Size;
        byte[] block = new byte[BlockLength];
        var next = new Extension();
        var all = new Extension();
        int nameText = 0;
        long at = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            End = at;
            if (at > size - BlockLength)
            {
                if (at != size || _members.Count == 0)
                    _faults.Add("the archive is cut short");
                return;
            }

            await Reader.ReadAsync(at, block, cancellationToken).ConfigureAwait(false);
            if (!block.AsSpan().ContainsAnyExcept((byte)0))
            {
                await FindEndAsync(at, block, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (!ChecksumFits(block) || !TryNumber(block.AsSpan(124, 12), out long length))
            {
                _faults.Add(FormattableString.Invariant($"the header at byte {at} has a wrong checksum or size"));
                return;
            }

            char type = (char)block[156];
            long data = at + BlockLength;
            length = (type == 'x' || type == 'g' ? null : next.Size ?? all.Size) ?? length;
            if (type is '1' or '2' or '3' or '4' or '5' or '6')
                length = 0;
            if (length > size - data)
            {
                _faults.Add(FormattableString.Invariant($"the member at byte {at} says it has {length} bytes, more than the file"));
                return;
            }

            at = data + length + ((BlockLength - (length % BlockLength)) % BlockLength);
            if (type is 'x' or 'g' or 'L' or 'K')
            {
                if (length > MaxExtension)
                {
                    _faults.Add(FormattableString.Invariant($"the extended header at byte {data} is too long"));
                    return;
                }

                byte[] extension = new byte[(int)length];
                await Reader.ReadAsync(data, extension, cancellationToken).ConfigureAwait(false);
                if (!(type == 'g' ? all : next).Read(type, extension))
                    _faults.Add(FormattableString.Invariant($"the extended header at byte {data} is broken"));
                continue;
            }

            string name = next.Name ?? all.Name ?? Name(block);
            string link = next.Link ?? all.Link ?? Text(block.AsSpan(157, 100));
            nameText += name.Length + link.Length;
            if (_members.Count >= MaxMembers || nameText > MaxNameText)
            {
                _faults.Add(FormattableString.Invariant($"there are more members or names than the {MaxMembers} that are followed"));
                return;
            }

            _members.Add(new TarMember(name, type, link, data - BlockLength, data, length));
            next = new Extension();
        }
    }

    // Writers fill the last record up with zeros.
    private async Task FindEndAsync(long at, byte[] block, CancellationToken cancellationToken)
    {
        const int LongestRecord = 1 << 20;
        long limit = Math.Min(Reader.Source.Size, at + LongestRecord);
        while (at < limit)
        {
            int length = (int)Math.Min(BlockLength, limit - at);
            await Reader.ReadAsync(at, block.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            if (block.AsSpan(0, length).ContainsAnyExcept((byte)0))
                break;
            at += length;
        }

        End = at;
    }

    private static string Name(ReadOnlySpan<byte> block)
    {
        string name = Text(block[..100]);
        string prefix = block[257..].StartsWith("ustar\0"u8) ? Text(block.Slice(345, 155)) : "";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    private static bool ChecksumFits(ReadOnlySpan<byte> block)
    {
        const int Field = 148;
        const int FieldLength = 8;
        if (!TryNumber(block.Slice(Field, FieldLength), out long declared))
            return false;
        long plain = FieldLength * ' ';
        long signed = plain;
        for (int i = 0; i < BlockLength; i++)
        {
            if (i is >= Field and < Field + FieldLength)
                continue;
            plain += block[i];
            signed += (sbyte)block[i];
        }

        return declared == plain || declared == signed;
    }

    private static bool TryNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            // Base 256: 0x80, then big-endian.
            if (field[0] != 0x80 || field.Length < 12 || field[1..4].ContainsAnyExcept((byte)0))
                return false;
            value = BinaryPrimitives.ReadInt64BigEndian(field[4..]);
            return value >= 0;
        }

        field = field.Trim(" \0"u8);
        foreach (byte digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            value = (value * 8) + (digit - '0');
        }

        return true;
    }

    private sealed class Extension
    {
        public string? Name { get; private set; }

        public string? Link { get; private set; }

        public long? Size { get; private set; }

        public bool Read(char type, ReadOnlySpan<byte> bytes)
        {
            if (type == 'L')
            {
                Name = Text(bytes);
                return true;
            }

            if (type == 'K')
            {
                Link = Text(bytes);
                return true;
            }

            while (bytes.Length > 0 && bytes[0] != 0)
            {
                int space = bytes.IndexOf((byte)' ');
                if (space is < 1 or > 9 || !int.TryParse(bytes[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length <= space + 1 || length > bytes.Length)
                    return false;
                ReadOnlySpan<byte> record = bytes[(space + 1)..(length - 1)];
                int equals = record.IndexOf((byte)'=');
                if (equals < 0 || bytes[length - 1] != (byte)'\n')
                    return false;
                if (!Set(record[..equals], record[(equals + 1)..]))
                    return false;
                bytes = bytes[length..];
            }

            return true;
        }

        private bool Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            if (key.SequenceEqual("path"u8) || key.SequenceEqual("GNU.sparse.name"u8))
            {
                Name = Encoding.UTF8.GetString(value);
            }
            else if (key.SequenceEqual("linkpath"u8))
            {
                Link = Encoding.UTF8.GetString(value);
            }
            else if (key.SequenceEqual("size"u8))
            {
                if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long size))
                    return false;
                Size = size;
            }

            return true;
        }
    }
}
