using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Bulwark.Models.Zip;

namespace Bulwark.Tests.Models.Zip;

/// <summary>Writes archives byte by byte, so that each field can lie.</summary>
internal sealed class ZipBuilder
{
    private readonly List<byte> _bytes = [];
    private readonly List<byte> _directory = [];
    private int _count;

    /// <summary>What to write for a member other than the truth; null means the truth.</summary>
    public sealed record Lies
    {
        public string? LocalName { get; init; }

        public int? LocalMethod { get; init; }

        public int? LocalFlags { get; init; }

        public uint? LocalChecksum { get; init; }

        public int? LocalSize { get; init; }

        public int? Method { get; init; }

        public int? Flags { get; init; }

        public uint? Checksum { get; init; }

        public int? Size { get; init; }

        public int? CompressedSize { get; init; }

        public uint? Offset { get; init; }

        public int UnixMode { get; init; }

        public bool Deflate { get; init; }

        public bool Descriptor { get; init; }

        public bool Unlisted { get; init; }

        public byte[] Extra { get; init; } = [];
    }

    public int Length => _bytes.Count;

    public static byte[] Of(params (string Name, byte[] Content)[] members)
    {
        var builder = new ZipBuilder();
        foreach ((string name, byte[] content) in members)
            builder.Add(name, content);
        return builder.Build();
    }

    public ZipBuilder Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public ZipBuilder Add(string name, byte[] content, Lies? lies = null)
    {
        lies ??= new Lies();
        byte[] data = lies.Deflate ? Deflated(content) : content;
        byte[] nameBytes = Encoding.UTF8.GetBytes(name);
        byte[] localName = Encoding.UTF8.GetBytes(lies.LocalName ?? name);
        int flags = (lies.Flags ?? 0) | (lies.Descriptor ? ZipMember.DescriptorFlag : 0) | (name.Any(c => c > 127) ? ZipMember.Utf8Flag : 0);
        int method = lies.Method ?? (lies.Deflate ? ZipMember.Deflated : ZipMember.Stored);
        uint checksum = lies.Checksum ?? Crc32.HashToUInt32(content);
        int offset = _bytes.Count;

        byte[] local = new byte[30];
        "PK\u0003\u0004"u8.CopyTo(local);
        Put16(local, 4, 20);
        Put16(local, 6, lies.LocalFlags ?? flags);
        Put16(local, 8, lies.LocalMethod ?? method);
        Put32(local, 14, lies.LocalChecksum ?? (lies.Descriptor ? 0 : checksum));
        Put32(local, 18, lies.Descriptor ? 0 : (uint)(lies.LocalSize ?? data.Length));
        Put32(local, 22, lies.Descriptor ? 0 : (uint)(lies.LocalSize ?? content.Length));
        Put16(local, 26, localName.Length);
        Put16(local, 28, lies.Extra.Length);
        Raw(local).Raw(localName).Raw(lies.Extra).Raw(data);
        if (lies.Descriptor)
        {
            byte[] descriptor = new byte[16];
            "PK\u0007\u0008"u8.CopyTo(descriptor);
            Put32(descriptor, 4, checksum);
            Put32(descriptor, 8, (uint)data.Length);
            Put32(descriptor, 12, (uint)content.Length);
            Raw(descriptor);
        }

        if (lies.Unlisted)
            return this;
        byte[] entry = new byte[46];
        "PK\u0001\u0002"u8.CopyTo(entry);
        entry[5] = 3;
        Put16(entry, 6, 20);
        Put16(entry, 8, flags);
        Put16(entry, 10, method);
        Put32(entry, 16, checksum);
        Put32(entry, 20, (uint)(lies.CompressedSize ?? data.Length));
        Put32(entry, 24, (uint)(lies.Size ?? content.Length));
        Put16(entry, 28, nameBytes.Length);
        Put32(entry, 38, (uint)lies.UnixMode << 16);
        Put32(entry, 42, lies.Offset ?? (uint)offset);
        _directory.AddRange(entry);
        _directory.AddRange(nameBytes);
        _count++;
        return this;
    }

    /// <summary>Ends the archive.</summary>
    /// <param name="shift">Added to the directory's offset: minus the length of a prefix for an archive that ignores it.</param>
    /// <param name="comment">The comment.</param>
    /// <param name="count">Members to claim.</param>
    /// <param name="disk">The disk number.</param>
    public byte[] Build(int shift = 0, byte[]? comment = null, int? count = null, int disk = 0)
    {
        int directory = _bytes.Count;
        Raw(_directory.ToArray());
        byte[] end = new byte[22];
        "PK\u0005\u0006"u8.CopyTo(end);
        Put16(end, 4, disk);
        Put16(end, 8, count ?? _count);
        Put16(end, 10, count ?? _count);
        Put32(end, 12, (uint)_directory.Count);
        Put32(end, 16, (uint)(directory + shift));
        Put16(end, 20, comment?.Length ?? 0);
        Raw(end).Raw(comment ?? []);
        return [.. _bytes];
    }

    public static byte[] Deflated(byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var deflate = new DeflateStream(bytes, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(content);
        return bytes.ToArray();
    }

    private static void Put16(byte[] bytes, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)value);

    private static void Put32(byte[] bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
}
