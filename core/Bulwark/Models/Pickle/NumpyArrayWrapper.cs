using System.Globalization;

namespace Bulwark.Models.Pickle;

/// <summary>
/// Measures the arrays that joblib writes into the middle of a pickle: after the BUILD of a NumpyArrayWrapper comes, since
/// joblib 1.2, one byte with the length of a padding and the padding, and then the elements.
/// </summary>
/// <remarks>joblib/numpy_pickle.py, NumpyArrayWrapper.read_array. An array of objects is a whole pickle in that place.</remarks>
internal static class NumpyArrayWrapper
{
    /// <summary>Where the class lives.</summary>
    public const string Module = "joblib.numpy_pickle";

    /// <summary>Its name.</summary>
    public const string Name = "NumpyArrayWrapper";

    private const int MaxFields = 10_000;

    /// <summary>Whether a value is a wrapper.</summary>
    public static bool Is(PickleValue value) => value.IsCallOf(Module, Name);

    /// <summary>Whether a byte with the length of a padding comes first.</summary>
    public static bool HasPadding(PickleObject wrapper) =>
        (wrapper.State as PickleDictionary)?.Find("numpy_array_alignment_bytes") is { } alignment and not PickleNone && alignment.AsInteger is not null;

    /// <summary>The number of bytes of the elements; null when shape or dtype are not what numpy writes.</summary>
    /// <param name="wrapper">The wrapper, after BUILD.</param>
    /// <param name="objects">Whether the elements are objects, so that a pickle follows and the number of bytes means nothing.</param>
    public static long? ByteLength(PickleObject wrapper, out bool objects)
    {
        objects = false;
        if (wrapper.State is not PickleDictionary state || state.Find("shape")?.AsSequence is not { } shape
            || state.Find("dtype") is not PickleObject dtype || ItemSize(dtype, out objects) is not { } length)
            return null;
        foreach (PickleValue dimension in shape)
        {
            if (dimension.AsInteger is not { } count || count < 0 || Math.BigMul(length, count) is var product && product > long.MaxValue)
                return null;
            length *= count;
        }

        return length;
    }

    /// <summary>Bytes of one element of a pickled numpy.dtype; null when it is none.</summary>
    /// <param name="dtype">What calling numpy.dtype would return.</param>
    /// <param name="objects">Whether there are objects in it.</param>
    public static long? ItemSize(PickleObject dtype, out bool objects)
    {
        objects = false;
        long? size = null;
        var open = new Stack<PickleObject>([dtype]);
        for (int seen = 0; open.TryPop(out PickleObject? part); seen++)
        {
            if (seen > MaxFields || !part.Callable.IsGlobal("numpy", "dtype") || part.Arguments.AsSequence is not [{ AsText: { } code }, ..]
                || ItemSize(code, out bool isObject) is not { } partSize)
                return null;
            objects |= isObject;
            size ??= partSize;
            if (part.State?.AsSequence is not { Count: >= 5 } state)
                continue;
            foreach ((_, PickleValue field) in (state[4] as PickleDictionary)?.Entries ?? [])
            {
                if (field.AsSequence is not [PickleObject type, ..])
                    return null;
                open.Push(type);
            }

            // A sub-array: (dtype, shape).
            if (state[2].AsSequence is [PickleObject element, ..])
                open.Push(element);
        }

        return size;
    }

    /// <summary>Bytes of one element of a type code such as <c>f8</c> or <c>U12</c>; null when it is none.</summary>
    public static long? ItemSize(string code, out bool isObject)
    {
        ReadOnlySpan<char> rest = code.AsSpan().TrimStart("<>=|");
        isObject = rest is ['O', ..];
        if (rest is "?" or "O")
            return rest[0] == 'O' ? 8 : 1;
        if (rest.Length < 2 || !"bBiufcSaUVOmM".Contains(rest[0], StringComparison.Ordinal)
            || !int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out int count))
            return null;
        return rest[0] == 'U' ? 4L * count : count;
    }
}
