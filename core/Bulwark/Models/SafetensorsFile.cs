using Bulwark.Storage;

namespace Bulwark.Models;

/// <summary>A safetensors file whose every rule was checked.</summary>
/// <remarks>
/// Source: huggingface/safetensors, README.md and safetensors/src/tensor.rs.
/// <code>
/// offset  length  content
/// 0       8       n, unsigned 64-bit little-endian
/// 8       n       JSON object in UTF-8 that begins with '{', padded at its end with 0x20
/// 8 + n   rest    the tensors, row-major, little-endian, back to back
///
/// entry of the object   "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}    offsets count from 8 + n
/// "__metadata__"        {"key": "value", ...}
/// </code>
/// Stricter than the reference, which goes through serde: duplicate keys are refused everywhere (serde lets the last
/// tensor of a name win, other readers the first), the padding is spaces only, <c>__metadata__</c> is an object and never
/// null, an entry is an object and never an array, no name is empty, and the limits below hold.
/// A member of an entry that the format does not know is what the reference ignores; it is kept here by name in
/// <see cref="UnknownMembers"/>, so that a scanner can call the file suspicious instead of malformed.
/// </remarks>
public sealed class SafetensorsFile : ModelFile
{
    /// <summary>Bytes before the header.</summary>
    public const int PrefixLength = 8;

    /// <summary>The shortest header: <c>{}</c>.</summary>
    public const int MinHeaderLength = 2;

    /// <summary>The longest header the reference accepts.</summary>
    public const int MaxHeaderLength = 100_000_000;

    /// <summary>The most tensors in one file. The largest published shards hold some thousands; the maps of a million would not fit the memory budget.</summary>
    public const int MaxTensors = 250_000;

    /// <summary>The most dimensions of one tensor (numpy 1 has the same limit).</summary>
    public const int MaxDimensions = 32;

    /// <summary>The most dimensions of all tensors together.</summary>
    public const int MaxTotalDimensions = 2_000_000;

    /// <summary>The longest tensor name, in UTF-16 units.</summary>
    public const int MaxNameLength = 4096;

    /// <summary>The most keys in <c>__metadata__</c>.</summary>
    public const int MaxMetadataEntries = 65_536;

    /// <summary>The most text in names and metadata together, in UTF-16 units; also the longest single JSON token in bytes.</summary>
    public const int MaxTextLength = 16 << 20;

    private const int ReadLength = 1 << 20;

    private SafetensorsFile(IObjectReader reader, SafetensorsHeader header, long dataOffset)
        : base(reader, header.Tensors, header.Metadata)
    {
        DataOffset = dataOffset;
        UnknownMembers = header.UnknownMembers;
    }

    /// <inheritdoc />
    public override string Format => "safetensors";

    /// <summary>Where the tensors begin, in bytes from the start of the file: 8 + n.</summary>
    public long DataOffset { get; }

    /// <summary>Members of tensor entries that the format does not define, as <c>tensor.member</c>; the first 64 of them.</summary>
    public IReadOnlyList<string> UnknownMembers { get; }

    /// <summary>Reads and checks the header, whose length the caller has checked against the file and the limit.</summary>
    internal static async Task<SafetensorsFile> ReadAsync(IObjectReader reader, long headerLength, CancellationToken cancellationToken)
    {
        long position = PrefixLength;
        long end = PrefixLength + headerLength;
        string file = reader.Source.ToString();
        var parser = new SafetensorsHeaderParser(file, end, reader.Source.Size);
        byte[] buffer = new byte[(int)Math.Min(ReadLength, headerLength)];
        int filled = 0;
        while (position < end)
        {
            int wanted = (int)Math.Min(buffer.Length - filled, end - position);
            await reader.ReadAsync(position, buffer.AsMemory(filled, wanted), cancellationToken).ConfigureAwait(false);
            position += wanted;
            filled += wanted;
            int consumed = parser.Consume(buffer.AsSpan(0, filled), position - filled, isFinal: position == end);
            filled -= consumed;
            Buffer.BlockCopy(buffer, consumed, buffer, 0, filled);
            if (filled == buffer.Length && position < end)
            {
                // One token fills the buffer. Doubling keeps the cost of scanning it again linear.
                if (filled >= MaxTextLength)
                    throw ModelFormatException.LimitExceeded(file, "bytes in one name or metadata value", MaxTextLength);
                Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, headerLength));
            }
        }

        return new SafetensorsFile(reader, parser.Complete(), end);
    }
}
