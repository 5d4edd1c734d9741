using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Bulwark.Storage;

namespace Bulwark.Models.Numpy;

/// <summary>The header of a NumPy array.</summary>
/// <remarks>
/// Source: numpy, numpy/lib/_format_impl.py.
/// <code>
/// 93 "NUMPY"  major  minor     version 1.0, 2.0 or 3.0
/// length                       u16 for version 1, u32 for 2 and 3
/// {'descr': '&lt;f4', 'fortran_order': False, 'shape': (2, 3), }   Latin-1, UTF-8 in version 3; spaces and a newline at the end
/// the elements, or a pickle when descr has an O in it
/// </code>
/// </remarks>
/// <param name="Descr">The element type.</param>
/// <param name="FortranOrder">The first dimension is the innermost.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="DataOffset">Where the elements begin.</param>
/// <param name="Length">Length of the header text.</param>
internal sealed record NpyHeader(NpyDescr Descr, bool FortranOrder, ImmutableArray<long> Shape, long DataOffset, int Length)
{
    /// <summary>The longest header text that is read; numpy itself stops at 10,000 characters unless told otherwise.</summary>
    public const int MaxLength = 1 << 20;

    /// <summary>What numpy reads without being told to trust the file.</summary>
    public const int UsualLength = 10_000;

    private const int MaxDimensions = 64;
    private const int PreludeLength = 12;

    /// <summary>True when a file begins like a NumPy array.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => head.Length >= 6 && head[0] == 0x93 && head[1..].StartsWith("NUMPY"u8);

    /// <summary>Elements in the array; the product was checked.</summary>
    public long Count => Shape.Aggregate(1L, (n, d) => n * d);

    /// <summary>Bytes of the elements; 0 for objects.</summary>
    public long DataLength => Count * Descr.ItemSize;

    /// <summary>True when the elements lie as a tensor does: plain little-endian numbers, the last dimension innermost.</summary>
    public bool IsTensor => Descr.DType is not null && (!FortranOrder || Shape.Count(d => d != 1) <= 1);

    /// <summary>The array as one that is not mapped, unless another reason is given for what it is.</summary>
    public UnmappedTensor Unmapped(string name, string? why = null) => new(name, Descr.DType, Shape, why ?? (Descr.DType is null ? UnmappedTensor.OtherType : UnmappedTensor.ColumnMajor));

    /// <summary>Reads and checks the header.</summary>
    public static async Task<NpyHeader> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        string file = reader.Source.ToString();
        byte[] prelude = new byte[(int)Math.Min(PreludeLength, reader.Source.Size)];
        await reader.ReadAsync(0, prelude, cancellationToken).ConfigureAwait(false);
        if (prelude.Length < 10 || !Looks(prelude))
            throw ModelFormatException.NpyBadHeader(file, "it ends early");
        (byte major, byte minor) = (prelude[6], prelude[7]);
        if (major is not (1 or 2 or 3) || minor != 0)
            throw ModelFormatException.NpyBadHeader(file, string.Create(CultureInfo.InvariantCulture, $"its version {major}.{minor} is unknown"));
        int start = major == 1 ? 10 : PreludeLength;
        if (prelude.Length < start)
            throw ModelFormatException.NpyBadHeader(file, "it ends early");
        long length = major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(prelude.AsSpan(8)) : BinaryPrimitives.ReadUInt32LittleEndian(prelude.AsSpan(8));
        if (length > reader.Source.Size - start)
            throw ModelFormatException.NpyBadHeader(file, string.Create(CultureInfo.InvariantCulture, $"it declares {length} bytes, more than the file has"));
        if (length > MaxLength)
            throw ModelFormatException.NpyBadHeader(file, string.Create(CultureInfo.InvariantCulture, $"it has {length} bytes; at most {MaxLength} are read"));
        byte[] text = new byte[(int)length];
        await reader.ReadAsync(start, text, cancellationToken).ConfigureAwait(false);
        return Read(file, (major == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(text), start + length);
    }

    private static NpyHeader Read(string file, string text, long dataOffset)
    {
        if (new PyLiteralParser(text).Parse() is not PyLiteral.Map { Items: var items })
            throw ModelFormatException.NpyBadHeader(file, "it is no dict of literals");
        if (items.Count != 3 || !items.TryGetValue("descr", out PyLiteral? descr) || !items.TryGetValue("fortran_order", out PyLiteral? order) || !items.TryGetValue("shape", out PyLiteral? shape))
            throw ModelFormatException.NpyBadHeader(file, "it has other keys than descr, fortran_order and shape");
        if (order is not PyLiteral.Truth fortran)
            throw ModelFormatException.NpyBadHeader(file, "fortran_order is not True or False");
        if (shape is not PyLiteral.Sequence { IsTuple: true, Items: { Count: <= MaxDimensions } dimensions })
            throw ModelFormatException.NpyBadHeader(file, "the shape is no tuple, or has too many dimensions");
        if (NpyDescr.Read(descr) is not { } type)
            throw ModelFormatException.NpyBadHeader(file, "descr is no type of NumPy");

        Int128 count = 1;
        foreach (PyLiteral dimension in dimensions)
        {
            if (dimension is not PyLiteral.Integer { Value: >= 0 } integer)
                throw ModelFormatException.NpyBadHeader(file, "a dimension is no whole number from 0 up");
            count *= integer.Value;
            if (count * Math.Max(1, type.ItemSize) > long.MaxValue)
                throw ModelFormatException.NpyBadHeader(file, "its shape overflows 64-bit arithmetic");
        }

        return new NpyHeader(type, fortran.Value, [.. dimensions.Select(d => ((PyLiteral.Integer)d).Value)], dataOffset, text.Length);
    }
}
