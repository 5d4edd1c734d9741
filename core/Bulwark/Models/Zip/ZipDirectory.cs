using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>
/// The members of a zip archive, read by ranges: the last 64 KiB, the directory, each local header. Member data is not read.
/// What breaks the rules is collected, so that a scanner can report all of it and a mapper can refuse.
/// </summary>
/// <remarks>
/// <code>
/// local header   50 4B 03 04 | version u16 | flags u16 | method u16 | time u16 | date u16 | crc u32 | compressed u32 | size u32 | name length u16 | extra length u16 | name | extra | data
/// descriptor     [50 4B 07 08] crc u32 | compressed u32 or u64 | size u32 or u64                                        when bit 3 of the flags is set
/// entry          50 4B 01 02 | made by u16 | version u16 | flags u16 | method u16 | time u16 | date u16 | crc u32 | compressed u32 | size u32 |
///                name length u16 | extra length u16 | comment length u16 | disk u16 | internal u16 | external u32 | local header u32 | name | extra | comment
/// extra          id u16 | length u16 | ...; id 1: the values of 64 bits of those fields that are 0xFFFFFFFF, in the order size, compressed, local header
/// </code>
/// Source: APPNOTE.TXT 6.3.10, 4.3.7 to 4.3.12 and 4.5.3.
/// </remarks>
internal sealed class ZipDirectory
{
    /// <summary>The most members that are followed.</summary>
    public const int MaxMembers = 100_000;

    /// <summary>The most bytes of names that are held.</summary>
    public const int MaxNameBytes = 16 << 20;

    private readonly Dictionary<string, ZipMember> _byName = new(StringComparer.OrdinalIgnoreCase);

    internal ZipDirectory(IObjectReader reader, IReadOnlyList<ZipMember> members, IReadOnlyList<ZipFault> faults, IReadOnlyList<(long Start, long End)> unclaimed)
    {
        Reader = reader;
        Members = members;
        Faults = faults;
        Unclaimed = unclaimed;
        foreach (ZipMember member in members)
            _byName.TryAdd(member.Name, member);
        HasChecksums = members.Any(m => m.Checksum != 0 && m.Length > 0);
    }

    /// <summary>The archive.</summary>
    public IObjectReader Reader { get; }

    /// <summary>The members in the order of the directory.</summary>
    public IReadOnlyList<ZipMember> Members { get; }

    /// <summary>What breaks the rules.</summary>
    public IReadOnlyList<ZipFault> Faults { get; }

    /// <summary>Ranges of the file that belong to no member and no record, in order.</summary>
    public IReadOnlyList<(long Start, long End)> Unclaimed { get; }

    /// <summary>False when every checksum is 0, as PyTorch writes it on request.</summary>
    public bool HasChecksums { get; }

    /// <summary>Whether a head is that of an archive. One with a prefix has none: its end record tells.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => head.StartsWith("PK\u0003\u0004"u8) || head.StartsWith("PK\u0005\u0006"u8) || head.StartsWith("PK\u0006\u0006"u8);

    /// <summary>Reads the directory and checks it against the local headers.</summary>
    /// <exception cref="StorageException">The object cannot be read, or changed.</exception>
    public static Task<ZipDirectory> ReadAsync(IObjectReader reader, CancellationToken cancellationToken) =>
        new ZipDirectoryReader(reader).ReadAsync(cancellationToken);

    /// <summary>The member of a name that readers take: the first one, whatever the case, as PyTorch does it. Null when there is none.</summary>
    public ZipMember? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Refuses an archive that breaks any rule.</summary>
    /// <exception cref="ModelFormatException">BW1420.</exception>
    public void ThrowIfFaulty()
    {
        if (Faults.Count > 0)
            throw ModelFormatException.BadZip(Reader.Source.ToString(), Faults[0].Message);
    }

    /// <summary>The bytes of a member as they lie in the archive; null when they do not lie inside the file.</summary>
    public IObjectReader? OpenRaw(ZipMember member) =>
        member.DataOffset is { } offset && offset <= Reader.Source.Size && member.CompressedLength <= Reader.Source.Size - offset
            ? new ReaderSection(Reader, member.Name, offset, member.CompressedLength)
            : null;

    /// <summary>The first bytes of a deflated member's content, or all of it when it has no more.</summary>
    /// <exception cref="ModelFormatException">BW1420 no data, BW1422 broken data.</exception>
    public async Task<IObjectReader> OpenHeadAsync(ZipMember member, int length, CancellationToken cancellationToken)
    {
        IObjectReader raw = OpenRaw(member)
            ?? throw ModelFormatException.BadZip(Reader.Source.ToString(), $"the data of member {ModelFormatException.Quote(member.Name)} is not in the file");
        byte[] head = new byte[(int)Math.Min(length, member.Length)];
        using var inflater = new CountingInflater(raw, Decoders.Deflate, new InflationBudget());
        int filled = 0;
        while (filled < head.Length && await inflater.ReadAsync(head.AsMemory(filled), cancellationToken).ConfigureAwait(false) is > 0 and var read)
            filled += read;
        return new MemoryReader(member.Name, head.AsMemory(0, filled));
    }

    /// <summary>The content of a member: in place when it is stored, otherwise decompressed.</summary>
    /// <param name="member">The member.</param>
    /// <param name="budget">What decompression may spend.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ModelFormatException">BW1420 no data, BW1422 broken data, BW1423 a bomb, BW1424 a method that is not read here.</exception>
    public async Task<IObjectReader> OpenAsync(ZipMember member, InflationBudget budget, CancellationToken cancellationToken)
    {
        IObjectReader raw = OpenRaw(member)
            ?? throw ModelFormatException.BadZip(Reader.Source.ToString(), $"the data of member {ModelFormatException.Quote(member.Name)} is not in the file");
        if (member.IsEncrypted)
            throw ModelFormatException.NotInspected(Reader.Source.ToString(), member.Name, "it is encrypted");
        return member.Method switch
        {
            ZipMember.Stored => raw,
            ZipMember.Deflated => await Inflated.OpenAsync(raw, Decoders.Deflate, budget, member.Length, cancellationToken).ConfigureAwait(false),
            _ => throw ModelFormatException.NotInspected(Reader.Source.ToString(), member.Name, FormattableString.Invariant($"it has method {member.Method}")),
        };
    }
}
