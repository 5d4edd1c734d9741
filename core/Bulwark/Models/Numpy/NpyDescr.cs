using System.Globalization;

namespace Bulwark.Models.Numpy;

/// <summary>What a NumPy type description says.</summary>
/// <param name="HasObjects">Python objects occur in it, so that a pickle follows instead of numbers.</param>
/// <param name="ItemSize">Bytes of one element; 0 for objects and for empty text.</param>
/// <param name="DType">The type of a plain little-endian number; null for anything else.</param>
internal sealed record NpyDescr(bool HasObjects, long ItemSize, DType? DType)
{
    private const int MaxItemSize = int.MaxValue;

    /// <summary>Reads the value of <c>descr</c>; null when it is no type description.</summary>
    /// <remarks>
    /// <code>
    /// text    [&lt;&gt;|=] kind size [unit]   f4 is 4 bytes, U3 is 3 characters of 4 bytes, M8[ns] a time
    /// list    of (name, descr) or (name, descr, shape); name is text or (title, name)
    /// pair    (descr, shape), a sub-array
    /// </code>
    /// </remarks>
    public static NpyDescr? Read(PyLiteral value) => value switch
    {
        PyLiteral.Text text => ReadText(text.Value),
        PyLiteral.Sequence { IsTuple: false } fields => ReadFields(fields),
        PyLiteral.Sequence { IsTuple: true, Items: [var inner, var shape] } => Repeat(Read(inner), shape),
        _ => null,
    };

    private static NpyDescr? ReadFields(PyLiteral.Sequence fields)
    {
        (bool objects, long size) = (false, 0);
        foreach (PyLiteral field in fields.Items)
        {
            NpyDescr? one = field is not PyLiteral.Sequence { IsTuple: true } tuple ? null : tuple.Items switch
            {
                [var name, var descr] when IsName(name) => Read(descr),
                [var name, var descr, var shape] when IsName(name) => Repeat(Read(descr), shape),
                _ => null,
            };
            if (one is null || (size += one.ItemSize) > MaxItemSize)
                return null;
            objects |= one.HasObjects;
        }

        return new NpyDescr(objects, size, null);
    }

    private static bool IsName(PyLiteral name) => name is PyLiteral.Text or PyLiteral.Sequence { IsTuple: true, Items: [_, PyLiteral.Text] };

    private static NpyDescr? Repeat(NpyDescr? one, PyLiteral shape)
    {
        if (one is null)
            return null;
        Int128 count = 1;
        PyLiteral[] dimensions = shape is PyLiteral.Sequence { IsTuple: true } tuple ? [.. tuple.Items] : [shape];
        foreach (PyLiteral dimension in dimensions)
        {
            if (dimension is not PyLiteral.Integer { Value: >= 0 } integer)
                return null;
            count *= integer.Value;
            if (count > MaxItemSize)
                return null;
        }

        Int128 size = count * one.ItemSize;
        return size <= MaxItemSize ? new NpyDescr(one.HasObjects, (long)size, null) : null;
    }

    private static NpyDescr? ReadText(string text)
    {
        char order = text.Length > 0 && "<>|=".Contains(text[0], StringComparison.Ordinal) ? text[0] : '=';
        string rest = text.TrimStart('<', '>', '|', '=');
        if (text.Length - rest.Length > 1 || rest.Length == 0)
            return null;
        char kind = rest[0];
        int unit = rest.IndexOf('[', StringComparison.Ordinal);
        if (unit >= 0 && (kind is not ('m' or 'M') || rest[^1] != ']' || !rest.AsSpan(unit + 1, rest.Length - unit - 2).ToString().All(c => char.IsAsciiLetterOrDigit(c) || c == '/')))
            return null;
        ReadOnlySpan<char> digits = unit >= 0 ? rest.AsSpan(1, unit - 1) : rest.AsSpan(1);
        if (kind == 'O')
            return digits is "" or "8" or "4" ? new NpyDescr(true, 0, null) : null;
        if (kind == '?' && digits.IsEmpty)
            return new NpyDescr(false, 1, Models.DType.BOOL);
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int size))
            return null;
        bool little = order != '>' || size == 1;
        DType? dtype = (kind, size) switch
        {
            ('f', 2) => Models.DType.F16,
            ('f', 4) => Models.DType.F32,
            ('f', 8) => Models.DType.F64,
            ('i', 1) => Models.DType.I8,
            ('i', 2) => Models.DType.I16,
            ('i', 4) => Models.DType.I32,
            ('i', 8) or ('m', 8) or ('M', 8) => Models.DType.I64,
            ('u', 1) => Models.DType.U8,
            ('u', 2) => Models.DType.U16,
            ('u', 4) => Models.DType.U32,
            ('u', 8) => Models.DType.U64,
            ('b', 1) => Models.DType.BOOL,
            ('c', 8) => Models.DType.C64,
            ('c', 16) => Models.DType.C128,
            _ => null,
        };
        bool known = dtype is not null || kind is 'S' or 'a' or 'V' || (kind == 'U' && size <= MaxItemSize / 4) || (kind is 'f' && size is 12 or 16) || (kind is 'c' && size is 24 or 32);
        return known ? new NpyDescr(false, kind == 'U' ? 4L * size : size, little ? dtype : null) : null;
    }
}
