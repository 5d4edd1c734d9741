namespace Bulwark.Models.Hdf5;

/// <summary>Reads object headers.</summary>
/// <param name="bytes">The file.</param>
/// <remarks>
/// <code>
/// version 1   1 u8 | 0 | messages u16 | references u32 | size u32 | 0 u32 | messages
///             message: type u16 | size u16 | flags u8 | 0 u24 | data                     continuation: messages
/// version 2   "OHDR" | 2 u8 | flags u8 | [bit 5: four times u32] | [bit 4: u16 u16] | size of 1, 2, 4 or 8 bytes by bits 0-1 | messages | gap | checksum u32
///             message: type u8 | size u16 | flags u8 | [bit 2 of the header's flags: order u16] | data     continuation: "OCHK" | messages | gap | checksum u32
/// </code>
/// Source: HDF5 File Format Specification 3.0, IV.A.1.
/// </remarks>
internal sealed class Hdf5HeaderReader(Hdf5Bytes bytes)
{
    private const int SharedFlag = 1 << 1;
    private const int PrefixLength = 16;
    private const int CheckedOverhead = 8;

    /// <summary>Reads the messages of a header, continuations included.</summary>
    public async Task<IReadOnlyList<Hdf5Message>> ReadAsync(long address, CancellationToken cancellationToken)
    {
        const string What = "an object header";
        Hdf5Fields prefix = await bytes.ReadAsync(address, Math.Min(PrefixLength, Math.Max(0, bytes.Size - address)), What, cancellationToken).ConfigureAwait(false);
        bool isNew = prefix.All.StartsWith("OHDR"u8);
        List<Hdf5Message> messages = [];
        Queue<(long Address, long Length)> chunks = new();
        HashSet<long> seen = [];
        bool ordered = false;
        if (isNew)
        {
            (Hdf5Fields first, ordered) = await ReadFirstAsync(address, cancellationToken).ConfigureAwait(false);
            Parse(first, true, ordered, messages, chunks);
        }
        else
        {
            if (prefix.Byte() != 1)
                throw bytes.Broken(address, $"{What} has an unknown version");
            prefix.Skip(7);
            long length = prefix.UInt32();
            bytes.Claim(address, PrefixLength);
            chunks.Enqueue((address + PrefixLength, length));
        }

        while (chunks.TryDequeue(out (long Address, long Length) chunk))
        {
            if (!seen.Add(chunk.Address))
                throw bytes.Broken(chunk.Address, $"{What} goes on in itself");
            if (seen.Count > Hdf5Limits.HeaderChunks)
                throw ModelFormatException.Hdf5Limit(bytes.File, $"pieces of {What}", Hdf5Limits.HeaderChunks);
            Hdf5Fields fields = await bytes.ReadAsync(chunk.Address, chunk.Length, What, cancellationToken).ConfigureAwait(false);
            bytes.Claim(chunk.Address, chunk.Length);
            if (isNew)
            {
                fields.Expect("OCHK"u8, "a continuation");
                fields.Verify("a continuation");
                fields = fields.Part(chunk.Length - CheckedOverhead);
            }

            Parse(fields, isNew, ordered, messages, chunks);
        }

        return messages;
    }

    private async Task<(Hdf5Fields Messages, bool Ordered)> ReadFirstAsync(long address, CancellationToken cancellationToken)
    {
        const int LongestPrefix = 4 + 2 + 16 + 4 + 8;
        Hdf5Fields fields = await bytes.ReadAsync(address, Math.Min(LongestPrefix, bytes.Size - address), "an object header", cancellationToken).ConfigureAwait(false);
        fields.Skip(4);
        if (fields.Byte() != 2)
            throw fields.Broken("an object header has an unknown version");
        int flags = fields.Byte();
        fields.Skip(((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0));
        long length = fields.Number(1 << (flags & 3));
        long prefix = fields.Address - address;
        if (!bytes.Holds(address + prefix, length))
            throw fields.Broken("an object header does not lie in the file");
        Hdf5Fields whole = await bytes.ReadAsync(address, prefix + length + 4, "an object header", cancellationToken).ConfigureAwait(false);
        whole.Verify("an object header");
        bytes.Claim(address, prefix + length + 4);
        whole.Skip(prefix);
        return (whole.Part(length), (flags & 4) != 0);
    }

    private void Parse(Hdf5Fields fields, bool isNew, bool ordered, List<Hdf5Message> messages, Queue<(long, long)> chunks)
    {
        int overhead = isNew ? (ordered ? 6 : 4) : 8;
        while (fields.Remaining >= overhead)
        {
            int type = isNew ? fields.Byte() : fields.UInt16();
            int length = fields.UInt16();
            int flags = fields.Byte();
            fields.Skip(isNew ? (ordered ? 2 : 0) : 3);
            long address = fields.Address;
            var message = new Hdf5Message(type, (flags & SharedFlag) != 0, address, fields.Take(length).ToArray());
            if (type == Hdf5Message.Continuation)
            {
                Hdf5Fields where = message.Fields(bytes);
                chunks.Enqueue((where.RequireAddress("a continuation"), where.Length()));
            }
            else if (type != 0)
            {
                messages.Add(message);
            }
        }
    }
}
