using System.Collections.Immutable;
using System.Globalization;
using Bulwark.Models.Numpy;

namespace Bulwark.Models.Pickle;

/// <summary>Finds the NumPy arrays among evaluated values.</summary>
/// <remarks>
/// <code>
/// numpy.core.multiarray._reconstruct(ndarray, (0,), b'b')  state (version, shape, dtype, fortran, bytes, or a list of objects)
/// numpy.core.numeric._frombuffer(bytes, dtype, shape, order)                       protocol 5
/// joblib.numpy_pickle.NumpyArrayWrapper                    state {shape, dtype, order, ...}, elements in the stream
/// </code>
/// </remarks>
internal sealed class PickledArrays
{
    private const int MostSteps = 4_000_000;
    private const int LongestName = 256;

    private readonly HashSet<PickleValue> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<(PickleValue Value, string Name)> _open = new();
    private readonly List<TensorInfo> _found = [];
    private readonly List<UnmappedTensor> _unmapped = [];
    private int _steps;

    /// <summary>Whether joblib wrote an array.</summary>
    public bool FromJoblib { get; private set; }

    /// <summary>The arrays that are not mapped: column-major ones, and after <see cref="ToTensors"/> those that share bytes.</summary>
    public IReadOnlyList<UnmappedTensor> Unmapped => _unmapped;

    /// <summary>Looks through a value and all in it.</summary>
    public void Add(PickleValue root, string name)
    {
        Open(root, name);
        while (_open.TryPop(out (PickleValue Value, string Name) next) && _steps < MostSteps)
            Look(next.Value, next.Name);
    }

    /// <summary>The arrays in file order; where two share bytes, the first.</summary>
    public ImmutableArray<TensorInfo> ToTensors()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        ImmutableArray<TensorInfo>.Builder tensors = ImmutableArray.CreateBuilder<TensorInfo>();
        long end = 0;
        foreach (TensorInfo tensor in _found.OrderBy(t => t.Offset).ThenByDescending(t => t.Length))
        {
            if (tensor.Offset < end)
            {
                _unmapped.Add(new UnmappedTensor(tensor.Name, tensor.DType, tensor.Shape, UnmappedTensor.Shared));
                continue;
            }

            end = tensor.Offset + tensor.Length;
            string name = names.Add(tensor.Name) ? tensor.Name : FormattableString.Invariant($"{tensor.Name}@{tensor.Offset}");
            tensors.Add(tensor with { Name = name });
        }

        return tensors.ToImmutable();
    }

    private void Look(PickleValue value, string name)
    {
        switch (value)
        {
            case PickleArray array:
                FromJoblib = true;
                Take(name, (array.Wrapper.State as PickleDictionary)?.Find("dtype"), (array.Wrapper.State as PickleDictionary)?.Find("shape"),
                    (array.Wrapper.State as PickleDictionary)?.Find("order")?.AsText != "F", array.Offset, array.Length);
                break;
            case PickleObject made when IsNumpy(made.Callable, "multiarray", "_reconstruct"):
                if (made.State?.AsSequence is [_, var shape, var dtype, var fortran, PickleBytes bytes])
                    Take(name, dtype, shape, fortran.AsInteger == 0, bytes.Offset, bytes.Length);
                else if (made.State?.AsSequence is [_, _, _, _, PickleList objects])
                    Open(objects.AsSequence is [var only] ? only : objects, name);
                else
                    OpenAll(made, name);
                break;
            case PickleObject made when IsNumpy(made.Callable, "numeric", "_frombuffer"):
                if (made.Arguments.AsSequence is [PickleBytes buffer, var type, var dimensions, var order, ..])
                    Take(name, type, dimensions, order.AsText != "F", buffer.Offset, buffer.Length);
                break;
            case PickleObject made:
                OpenAll(made, name);
                break;
            case PickleDictionary dictionary:
                foreach ((PickleValue key, PickleValue entry) in dictionary.Entries)
                    Open(entry, Join(name, key));
                break;
            default:
                IReadOnlyList<PickleValue> items = value.AsSequence ?? [];
                for (int i = 0; i < items.Count; i++)
                    Open(items[i], Join(name, i.ToString(CultureInfo.InvariantCulture)));
                break;
        }
    }

    private void OpenAll(PickleObject made, string name)
    {
        Open(made.Arguments, name);
        if (made.State is { } state)
            Open(state, name);
        for (int i = 0; i < made.Items.Count; i++)
            Open(made.Items[i], Join(name, i.ToString(CultureInfo.InvariantCulture)));
        foreach ((PickleValue key, PickleValue entry) in made.Entries)
            Open(entry, Join(name, key));
    }

    private void Open(PickleValue value, string name)
    {
        // Only what can hold an array; everything else would only fill the set.
        if (value is PickleObject or PickleDictionary or PickleTuple or PickleList or PickleArray && ++_steps < MostSteps && _seen.Add(value))
            _open.Push((value, name));
    }

    private void Take(string name, PickleValue? dtype, PickleValue? shape, bool rowMajor, long offset, long length)
    {
        if (dtype is not PickleObject { Arguments.AsSequence: [{ AsText: { } code }, ..] } type || shape?.AsSequence is not { } dimensions)
            return;
        string order = type.State?.AsSequence is [_, { AsText: { } text }, ..] ? text : "=";
        if (NpyDescr.Read(new PyLiteral.Text(order + code)) is not { DType: { } element })
            return;
        Int128 bytes = element.BitWidth() / 8;
        ImmutableArray<long>.Builder extents = ImmutableArray.CreateBuilder<long>(dimensions.Count);
        int wide = 0;
        foreach (PickleValue dimension in dimensions)
        {
            if (dimension.AsInteger is not (>= 0 and var extent) || (bytes *= extent) > length)
                return;
            extents.Add(extent);
            wide += extent > 1 ? 1 : 0;
        }

        if (bytes != length || length == 0)
            return;
        string known = name.Length > 0 ? name : "array";
        // Of a column-major matrix the elements are in another order than a tensor's.
        if (rowMajor || wide <= 1)
            _found.Add(new TensorInfo(known, element, extents.ToImmutable(), offset, length));
        else
            _unmapped.Add(new UnmappedTensor(known, element, extents.ToImmutable(), UnmappedTensor.ColumnMajor));
    }

    private static bool IsNumpy(PickleValue callable, string module, string name) =>
        callable.IsGlobal($"numpy.core.{module}", name) || callable.IsGlobal($"numpy._core.{module}", name);

    private static string Join(string name, PickleValue key) =>
        Join(name, key.AsText ?? key.AsInteger?.ToString(CultureInfo.InvariantCulture) ?? "?");

    private static string Join(string name, string part)
    {
        string joined = name.Length == 0 ? part : $"{name}.{part}";
        return joined.Length <= LongestName ? joined : joined[^LongestName..];
    }
}
