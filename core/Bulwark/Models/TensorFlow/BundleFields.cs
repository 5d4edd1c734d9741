namespace Bulwark.Models.TensorFlow;

/// <summary>Fields of a table's block and of the protocol buffers in it, taken front to back; every step is checked against the end.</summary>
/// <param name="file">Name of the file, for messages.</param>
/// <param name="offset">Where the bytes lie in it.</param>
/// <param name="bytes">The bytes.</param>
internal sealed class BundleFields(string file, long offset, ReadOnlyMemory<byte> bytes)
{
    private int _at;

    /// <summary>Bytes left.</summary>
    public int Remaining => bytes.Length - _at;

    /// <summary>Offset of the next byte in the file.</summary>
    public long Offset => offset + _at;

    /// <summary>The error for something broken at the next byte.</summary>
    public ModelFormatException Broken(string why) => ModelFormatException.TensorBundleBroken(file, Offset, why);

    /// <summary>Takes a number of 7 bits a byte, of at most 63 bits.</summary>
    public long Number()
    {
        const int LongestNumber = 9;
        ulong number = 0;
        for (int i = 0; i < LongestNumber; i++)
        {
            byte part = Take(1)[0];
            number |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80)
                return (long)number;
        }

        throw Broken("a number has more than 63 bits");
    }

    /// <summary>Takes the tag of a field.</summary>
    public (int Field, int Wire) Tag()
    {
        long tag = Number();
        return tag <= uint.MaxValue ? ((int)(tag >> 3), (int)(tag & 7)) : throw Broken("a field number is out of range");
    }

    /// <summary>Takes bytes.</summary>
    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > Remaining)
            throw Broken("it ends in the middle of a field");
        ReadOnlySpan<byte> taken = bytes.Span.Slice(_at, (int)count);
        _at += (int)count;
        return taken;
    }

    /// <summary>Takes a part as fields of its own.</summary>
    public BundleFields Part(long count)
    {
        int at = _at;
        _ = Take(count);
        return new BundleFields(file, offset + at, bytes.Slice(at, (int)count));
    }

    /// <summary>Steps over the value of a field.</summary>
    public void Skip(int wire)
    {
        switch (wire)
        {
            case 0:
                // Negative numbers take ten bytes.
                for (int i = 0; Take(1)[0] >= 0x80; i++)
                {
                    if (i == 9)
                        throw Broken("a number has more than 64 bits");
                }

                break;
            case 1:
                _ = Take(8);
                break;
            case 2:
                _ = Take(Number());
                break;
            case 5:
                _ = Take(4);
                break;
            default:
                throw Broken("a field is of an unknown kind");
        }
    }
}
