using System.Collections.Immutable;
using System.Globalization;
using Bulwark.Models.Pickle;

namespace Bulwark.Models.Torch;

/// <summary>Finds the tensors and storages among the values of PyTorch's pickles, and names them as a state dict would.</summary>
/// <remarks>
/// <code>
/// torch._utils._rebuild_tensor(storage, offset, size, stride)
/// torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])
/// torch._utils._rebuild_tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype[, metadata])
/// torch._utils._rebuild_qtensor(storage, offset, size, stride, quantizer, requires_grad, hooks)
/// torch._utils._rebuild_parameter[_with_state|_v2](tensor, requires_grad, hooks[, state])
/// torch._tensor._rebuild_from_type[_v2](function, type, arguments, state)
/// torch.jit._pickle.restore_type_tag(value, tag)
/// </code>
/// Source: torch/_utils.py, torch/_tensor.py, torch/jit/_pickle.py.
/// </remarks>
/// <param name="file">Name for messages.</param>
internal sealed class TorchTensorFinder(string file)
{
    /// <summary>The most tensors in one file.</summary>
    public const int MaxTensors = 250_000;

    private const int MaxDimensions = 64;
    private const int MaxNameLength = 4096;
    private const int MaxNameText = 16 << 20;
    private const int MaxWrappers = 16;

    private readonly HashSet<PickleValue> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<(PickleValue Value, Place? Place)> _open = new();
    private readonly List<(PickleValue Value, Place? Place)> _children = [];
    private readonly List<TorchTensor> _tensors = [];
    private readonly Dictionary<string, TorchStorage> _storages = new(StringComparer.Ordinal);
    private readonly HashSet<TorchStorage> _distinct = [];
    private int _nameText;

    /// <summary>The tensors in the order of the pickle.</summary>
    public IReadOnlyList<TorchTensor> Tensors => _tensors;

    /// <summary>The storages, by key.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => _storages;

    /// <summary>All that is said of storages: more than <see cref="Storages"/> when a pickle says different things of one key.</summary>
    public IReadOnlyCollection<TorchStorage> Claims => _distinct;

    /// <summary>Looks through the value of a pickle.</summary>
    /// <param name="root">The value.</param>
    /// <param name="prefix">What the names begin with; null for nothing.</param>
    /// <exception cref="ModelFormatException">BW1433 for a tensor that cannot be, BW1434 for too many.</exception>
    public void Add(PickleValue root, string? prefix = null)
    {
        _open.Push((root, prefix is null ? null : new Place(null, prefix)));
        while (_open.TryPop(out (PickleValue Value, Place? Place) next))
        {
            _children.Clear();
            Look(next.Value, next.Place);
            // A stack turns them round; names must come in the order of the file.
            for (int i = _children.Count - 1; i >= 0; i--)
                _open.Push(_children[i]);
        }
    }

    private void Look(PickleValue value, Place? place)
    {
        if (value is PicklePersistentId)
        {
            Storage(value);
            return;
        }

        if (value is PickleObject made && TakeTensor(made, place))
            return;
        if (value is not (PickleObject or PickleDictionary or PickleTuple or PickleList) || !_seen.Add(value))
            return;
        switch (value)
        {
            case PickleObject called:
                if (called.IsCallOf("collections", "OrderedDict") && called.Arguments.AsSequence is [PickleList pairs])
                    Pairs(pairs, place);
                else
                    _children.Add((called.Arguments, place));
                if (called.State is { } state)
                    _children.Add((state, place));
                Items(called.Items, place);
                Entries(called.Entries, place);
                break;
            case PickleDictionary dictionary:
                Entries(dictionary.Entries, place);
                break;
            default:
                Items(value.AsSequence!, place);
                break;
        }
    }

    private void Items(IReadOnlyList<PickleValue> items, Place? place)
    {
        for (int i = 0; i < items.Count; i++)
        {
            if (CanHold(items[i]))
                _children.Add((items[i], new Place(place, i.ToString(CultureInfo.InvariantCulture))));
        }
    }

    private void Entries(IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> entries, Place? place)
    {
        foreach ((PickleValue key, PickleValue value) in entries)
        {
            if (CanHold(value))
                _children.Add((value, Step(place, key)));
        }
    }

    private void Pairs(PickleList pairs, Place? place)
    {
        foreach (PickleValue pair in pairs.Items)
        {
            if (pair.AsSequence is [var key, var value] && CanHold(value))
                _children.Add((value, Step(place, key)));
        }
    }

    private static bool CanHold(PickleValue value) => value is PickleObject or PickleDictionary or PickleTuple or PickleList or PicklePersistentId;

    // A pickled module keeps its tensors below these three, which state_dict() leaves out.
    private static Place? Step(Place? place, PickleValue key) =>
        key.AsText is "_parameters" or "_buffers" or "_modules" ? place : new Place(place, key.AsText ?? key.AsInteger?.ToString(CultureInfo.InvariantCulture) ?? "?");

    private bool TakeTensor(PickleObject made, Place? place)
    {
        for (int wrappers = 0; wrappers < MaxWrappers; wrappers++)
        {
            if (made.Callable is not PickleGlobal { Module: "torch._utils" or "torch._tensor" or "torch.jit._pickle" } function || made.Arguments.AsSequence is not { } arguments)
                return false;
            switch (function.Name)
            {
                case "_rebuild_parameter" or "_rebuild_parameter_with_state" or "_rebuild_parameter_v2" or "restore_type_tag" when arguments is [PickleObject inner, ..]:
                    made = inner;
                    continue;
                case "_rebuild_from_type" or "_rebuild_from_type_v2" when arguments is [PickleGlobal rebuild, _, PickleTuple own, ..]:
                    made = new PickleObject(rebuild, own, null);
                    continue;
                case "_rebuild_tensor" or "_rebuild_tensor_v2" or "_rebuild_qtensor" or "_rebuild_tensor_v3":
                    // Some writers of the tar form leave the tuple of a persistent id as it is.
                    return arguments is [PicklePersistentId or PickleTuple, var offset, var size, var stride, ..] && Storage(arguments[0]) is { } known
                        && Add(known, Element(function.Name, known, arguments), offset, size, stride, place);
                default:
                    return false;
            }
        }

        return false;
    }

    private static TorchElement? Element(string function, TorchStorage storage, IReadOnlyList<PickleValue> arguments) =>
        function != "_rebuild_tensor_v3" ? storage.Element
        : arguments.Count > 6 && arguments[6] is PickleGlobal { Module: "torch" } type ? TorchElement.OfType(type.Name)
        : null;

    private bool Add(TorchStorage storage, TorchElement? element, PickleValue offset, PickleValue size, PickleValue stride, Place? place)
    {
        string name = Name(place);
        if (element is null)
            return true;
        if (offset.AsInteger is not (>= 0 and var first) || Extents(size) is not { } shape || Extents(stride) is not { } strides || shape.Length != strides.Length)
            throw ModelFormatException.BadTorchTensor(file, name, "its offset, shape and strides are not whole numbers from zero up, as many of the one as of the other");
        if (_tensors.Count >= MaxTensors)
            throw ModelFormatException.TorchTooLarge(file, "tensors", MaxTensors);
        _tensors.Add(new TorchTensor(name, storage, element, first, shape, strides));
        return true;
    }

    private static ImmutableArray<long>? Extents(PickleValue value)
    {
        // torch.Size is pickled as a call with a tuple.
        IReadOnlyList<PickleValue>? items = value is PickleObject { Arguments.AsSequence: [var inner] } ? inner.AsSequence : value.AsSequence;
        if (items is null || items.Count > MaxDimensions)
            return null;
        ImmutableArray<long>.Builder extents = ImmutableArray.CreateBuilder<long>(items.Count);
        foreach (PickleValue item in items)
        {
            if (item.AsInteger is not (>= 0 and var extent))
                return null;
            extents.Add(extent);
        }

        return extents.MoveToImmutable();
    }

    private TorchStorage? Storage(PickleValue value)
    {
        if (TorchStorage.Read(value is PicklePersistentId id ? id.Id : value) is not { } storage)
            return null;
        _storages.TryAdd(storage.Key, storage);
        if (_distinct.Add(storage) && _distinct.Count > MaxTensors)
            throw ModelFormatException.TorchTooLarge(file, "storages", MaxTensors);
        return storage;
    }

    private string Name(Place? place)
    {
        List<string> parts = [];
        int length = 0;
        for (Place? at = place; at is not null && length <= MaxNameLength; at = at.Parent)
        {
            parts.Add(at.Part);
            length += at.Part.Length + 1;
        }

        parts.Reverse();
        string name = parts.Count == 0 ? "tensor" : string.Join('.', parts);
        name = name.Length <= MaxNameLength ? name : name[^MaxNameLength..];
        _nameText += name.Length;
        return _nameText <= MaxNameText ? name : throw ModelFormatException.TorchTooLarge(file, "characters of names", MaxNameText);
    }

    // Not a record: their equality would walk up the chain.
    private sealed class Place(Place? parent, string part)
    {
        public Place? Parent { get; } = parent;

        public string Part { get; } = part;
    }
}
