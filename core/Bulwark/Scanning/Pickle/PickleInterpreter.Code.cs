using Bulwark.Models;
using Bulwark.Models.Pickle;

namespace Bulwark.Scanning.Pickle;

// The opcodes that reach code: imports, calls, state, ids.
internal sealed partial class PickleInterpreter
{
    private const int MostGlobals = 1 << 16;
    private const long LargestAllocation = 1L << 31;
    private const long LargestRange = 100_000_000;
    private const long LargestExponent = 1_000_000;
    private const byte Endless = 1;

    private readonly List<PickledGlobal> _globals = [];
    private readonly Dictionary<(string, string), int> _globalIds = [];
    private long _getattrAt = -1;
    private int _attributesRead;

    private void StepIntoCode()
    {
        switch (_token.Opcode)
        {
            case PickleOpcode.Global:
                Import(ModuleLine(), NameLine());
                break;
            case PickleOpcode.StackGlobal:
                StackGlobal();
                break;
            case PickleOpcode.Ext1 or PickleOpcode.Ext2 or PickleOpcode.Ext4:
                Add(PickleRules.Extension, $"Entry {_token.Integer} of the extension registry is loaded.");
                Push(new AbstractValue(AbstractKind.Extension));
                break;
            case PickleOpcode.Reduce:
                if (Need(2))
                    Call(constructs: false);
                break;
            case PickleOpcode.NewObj:
                if (Need(2))
                    Call(constructs: true);
                break;
            case PickleOpcode.NewObjEx:
                if (Need(3))
                {
                    AbstractValue keywords = _stack.Pop();
                    if (keywords.Kind is not (AbstractKind.Dict or AbstractKind.Opaque or AbstractKind.Object))
                        Misuse($"NEWOBJ_EX has a {keywords.Kind} for keywords");
                    else
                        Call(constructs: true);
                }

                break;
            case PickleOpcode.Obj:
                if (NeedMark())
                    CallAboveMark();
                break;
            case PickleOpcode.Inst:
                if (NeedMark())
                    Instantiate();
                break;
            case PickleOpcode.Build:
                if (Need(2))
                    Build();
                break;
            case PickleOpcode.PersId:
                PersistentText();
                break;
            case PickleOpcode.BinPersId:
                if (Need(1))
                    PersistentTuple();
                break;
        }
    }

    private string ModuleLine() => PickleText.Decode(PickleOpcode.BinUnicode, _reader.Payload(_token))!;

    private string NameLine() => PickleText.Decode(PickleOpcode.BinUnicode, _reader.SecondLine(_token))!;

    private PickledGlobal? GlobalAt(long id) => id >= 0 && id < _globals.Count ? _globals[(int)id] : null;

    private void StackGlobal()
    {
        if (!Need(2))
            return;
        AbstractValue name = _stack.Peek(0), module = _stack.Peek(1);
        if (name.Kind is AbstractKind.Object or AbstractKind.Opaque or AbstractKind.Persistent or AbstractKind.Extension
            || module.Kind is AbstractKind.Object or AbstractKind.Opaque or AbstractKind.Persistent or AbstractKind.Extension)
        {
            Add(PickleRules.ComputedName, "A global is named by something that is computed while loading.");
            _stack.Pop();
            _stack.Pop();
            Push(new AbstractValue(AbstractKind.Opaque));
            return;
        }

        if (name.Kind != AbstractKind.Text || module.Kind != AbstractKind.Text)
        {
            Misuse($"a global is named by a {module.Kind} and a {name.Kind}");
            return;
        }

        if (!TryName(module, out string? moduleName) || !TryName(name, out string? globalName))
            return;
        _stack.Pop();
        _stack.Pop();
        _memo.KeepRecentNames();
        if (moduleName is not null && globalName is not null)
        {
            Import(moduleName, globalName);
            return;
        }

        Add(PickleRules.ComputedName, "A global is named by a string that is too long, or too old to be followed.");
        Push(new AbstractValue(AbstractKind.Opaque));
    }

    private void Import(string module, string name)
    {
        if (!_globalIds.TryGetValue((module, name), out int id))
        {
            var global = new PickledGlobal(module, name, GlobalPolicy.Judge(module, name, _options.AllowTorchScriptClasses));
            Report(global);
            if (_globals.Count >= MostGlobals)
            {
                Push(new AbstractValue(AbstractKind.Opaque));
                return;
            }

            id = _globals.Count;
            _globals.Add(global);
            _globalIds.Add((module, name), id);
        }

        Push(new AbstractValue(AbstractKind.Global, id));
    }

    private void Report(PickledGlobal global)
    {
        if (global.Standing == GlobalStanding.ReadsAttribute && _getattrAt < 0)
            _getattrAt = _token.Position;
        ScanRule? rule = global.Standing switch
        {
            GlobalStanding.Dangerous => PickleRules.DangerousGlobal,
            GlobalStanding.Scanner => PickleRules.ScannerTampering,
            GlobalStanding.Dotted => PickleRules.DottedName,
            GlobalStanding.StandardLibrary when !global.LooksLikeClass => PickleRules.DangerousGlobal,
            GlobalStanding.StandardLibrary or GlobalStanding.Package or GlobalStanding.ModelPackage or GlobalStanding.Unknown => PickleRules.UnknownGlobal,
            GlobalStanding.NonAscii => PickleRules.NonAsciiGlobal,
            _ => null,
        };
        if (global.Standing is GlobalStanding.Unknown && !GlobalPolicy.IsPossible(global.Module, global.Name))
            rule = PickleRules.ImpossibleName;
        if (rule is not null)
            Add(rule, $"The pickle imports {global}.");
    }

    private void Instantiate()
    {
        PushContainer(AbstractKind.Tuple, _tuples.Add(_stack.AboveMark));
        AbstractValue arguments = _stack.Pop();
        Import(ModuleLine(), NameLine());
        AbstractValue callable = _stack.Pop();
        Push(Result(callable, arguments, constructs: false));
    }

    private void CallAboveMark()
    {
        ReadOnlySpan<AbstractValue> parts = _stack.AboveMark;
        if (parts.IsEmpty)
        {
            Misuse("OBJ has nothing to call");
            return;
        }

        AbstractValue callable = parts[0].Kind == AbstractKind.Run ? new AbstractValue(AbstractKind.Opaque) : parts[0];
        var arguments = new AbstractValue(AbstractKind.Tuple, _tuples.Add(parts[1..]));
        Absorb(ref arguments, parts[1..]);
        _stack.DropToMark();
        Push(Result(callable, arguments, constructs: false));
    }

    private void Call(bool constructs)
    {
        if (!constructs && StandingOf(_stack.Peek(1)) == GlobalStanding.ReadsAttribute && _tuples.TryGet(_stack.Peek(0), out ReadOnlySpan<AbstractValue> read)
            && read is [{ Kind: AbstractKind.Global } owner, { Kind: AbstractKind.Text } attribute])
        {
            ReadAttribute(owner, attribute);
            return;
        }

        if (!constructs && StandingOf(_stack.Peek(1)) == GlobalStanding.ReadsAttribute && _tuples.TryGet(_stack.Peek(0), out read)
            && read is [{ Kind: AbstractKind.Object }, { Kind: AbstractKind.Text } method])
        {
            if (!TryName(method, out string? name))
                return;
            if (GlobalPolicy.IsBoundMethod(name))
            {
                _stack.Pop();
                _stack.Pop();
                _attributesRead++;
                Push(new AbstractValue(AbstractKind.Object, _token.Position));
                return;
            }
        }

        AbstractValue arguments = _stack.Pop();
        AbstractValue callable = _stack.Pop();
        if (arguments.Kind is not (AbstractKind.Tuple or AbstractKind.Opaque or AbstractKind.Object or AbstractKind.Persistent or AbstractKind.Extension))
        {
            if (callable.Kind == AbstractKind.Global)
                ReportCall(GlobalAt(callable.Payload), constructs, default);
            Misuse($"{_token.Opcode} has a {arguments.Kind} for arguments");
            return;
        }

        Push(Result(callable, arguments, constructs));
    }

    // getattr(class, 'name'): how protocols before 4 spell a name inside a class; it is judged as that name.
    private void ReadAttribute(in AbstractValue owner, in AbstractValue attribute)
    {
        if (!TryName(attribute, out string? name))
            return;
        _stack.Pop();
        _stack.Pop();
        if (GlobalAt(owner.Payload) is not { } type || name is null)
        {
            Add(PickleRules.ComputedName, "An attribute is read whose name cannot be followed.");
            Push(new AbstractValue(AbstractKind.Opaque));
            return;
        }

        _attributesRead++;
        Import(type.Module, $"{type.Name}.{name}");
    }

    // Naming getattr is harmless only where it was called on what the allow-lists know.
    private void ReportUnusedGetattr()
    {
        if (_getattrAt >= 0 && _attributesRead == 0)
            _context.Add(PickleRules.DangerousGlobal, _path, _getattrAt, "The pickle imports 'builtins.getattr'.");
    }

    private bool MayCall(in AbstractValue value) => StandingOf(value) == GlobalStanding.Allowed;

    private GlobalStanding? StandingOf(in AbstractValue value) => value.Kind == AbstractKind.Global ? GlobalAt(value.Payload)?.Standing : null;

    private AbstractValue Result(in AbstractValue callable, in AbstractValue arguments, bool constructs)
    {
        var result = new AbstractValue(AbstractKind.Object, _token.Position) { Depth = (ushort)Math.Min(arguments.Depth + 1, ushort.MaxValue) };
        CheckSize(result);
        if (callable.Kind == AbstractKind.Global && GlobalAt(callable.Payload) is { } global)
        {
            bool known = _tuples.TryGet(arguments, out ReadOnlySpan<AbstractValue> items);
            ReportCall(global, constructs, items);
            return Special(global, result, items, known);
        }

        switch (callable.Kind)
        {
            case AbstractKind.Extension:
                // Reported when it was loaded.
                return result;
            case AbstractKind.Object or AbstractKind.Opaque or AbstractKind.Persistent or AbstractKind.DType or AbstractKind.ArrayWrapper
                or AbstractKind.Global or AbstractKind.Buffer:
                Add(PickleRules.IndirectCall, $"{_token.Opcode} calls something that the file does not name.");
                return result;
            default:
                Misuse($"{_token.Opcode} calls a {callable.Kind}");
                return result;
        }
    }

    private void ReportCall(PickledGlobal? global, bool constructs, ReadOnlySpan<AbstractValue> arguments)
    {
        if (global is null)
            return;
        ScanRule? rule = global.Standing switch
        {
            GlobalStanding.Dangerous or GlobalStanding.Scanner or GlobalStanding.Dotted or GlobalStanding.ReadsAttribute => PickleRules.DangerousCall,
            GlobalStanding.StandardLibrary => PickleRules.UnlistedCall,
            GlobalStanding.AllowedName => constructs || MapsAllowed(global, arguments) ? null : PickleRules.UnlistedCall,
            // NEWOBJ only makes an empty object of a class; anything else there is a function, or a type of C with the manners of one.
            GlobalStanding.Package => constructs && global.LooksLikeClass ? null : PickleRules.UnlistedCall,
            GlobalStanding.ModelPackage => global.LooksLikeClass ? null : PickleRules.UnlistedCall,
            GlobalStanding.Unknown or GlobalStanding.NonAscii => global.LooksLikeClass || global.Module == "__main__" ? null : PickleRules.UnlistedCall,
            _ => null,
        };
        if (rule is null)
            return;
        string argument = "";
        foreach (ref readonly AbstractValue value in arguments)
        {
            if (value.Kind == AbstractKind.Text && PeekText(value) is { } text)
            {
                argument = $" with {ModelFormatException.Quote(text)}";
                break;
            }
        }

        Add(rule, $"The pickle calls {global}{argument}.");
    }

    // Calls whose result the scanner has to know more of.
    private AbstractValue Special(PickledGlobal global, AbstractValue result, ReadOnlySpan<AbstractValue> arguments, bool known)
    {
        switch (global.Standing)
        {
            case GlobalStanding.LoadsBytes:
                if (known && arguments is [{ Kind: AbstractKind.Bytes or AbstractKind.EncodedBytes, Payload: >= 0 } bytes])
                    Schedule(bytes, NestedForm.Loaded);
                else
                    Add(PickleRules.HiddenLoad, $"{global} is called on something that is no constant of the file.");
                return result;
            case GlobalStanding.AsksType:
                if (!known || arguments.Length != 1)
                    Add(PickleRules.DangerousCall, $"The pickle makes a class with {global}.");
                return result;
            case GlobalStanding.AllowedName when global.Name is "map" or "filter" or "imap" or "ifilter":
                return IsEndless(global.Name, arguments) ? result with { Flag = Endless } : result;
            case not GlobalStanding.Allowed:
                return result;
        }

        switch (global.Module, global.Name)
        {
            case ("_codecs" or "codecs", "encode") when arguments is [{ Kind: AbstractKind.Text, Payload: >= 0 } text, ..]:
                return result with { Kind = AbstractKind.EncodedBytes, Payload = text.Payload, Size = text.Size, Flag = text.Flag };
            // These call an argument, or the constructor of one: only what may be called itself may be there.
            case ("copyreg" or "copy_reg", "_reconstructor") when !(arguments is [_, var type, ..] && MayCall(type)):
            case ("torch._tensor", "_rebuild_from_type" or "_rebuild_from_type_v2") when !(arguments is [var rebuild, ..] && MayCall(rebuild)):
            case ("numpy.random._pickle" or "numpy.random", _) when arguments is [_, { Kind: not AbstractKind.None } maker, ..] && !MayCall(maker):
            case ("builtins" or "__builtin__", "iter") when arguments.Length != 1:
                Add(PickleRules.UnlistedCall, $"The pickle has {global} call something that is not on the allow-list of callables.");
                return result;
            case ("builtins" or "__builtin__", "bytes" or "bytearray") when arguments is [{ Kind: AbstractKind.Bytes or AbstractKind.EncodedBytes } bytes, ..]:
                return bytes;
            case ("dill._dill", "_create_array") when !(arguments is [var create, ..] && MayCall(create)):
                Add(PickleRules.UnlistedCall, $"The pickle has {global} call something that is not on the allow-list of callables.");
                return result;
            case ("itertools", _) or ("builtins" or "__builtin__", "range" or "xrange" or "zip" or "enumerate" or "iter" or "reversed") when IsEndless(global.Name, arguments):
                return result with { Flag = Endless };
            case ("builtins" or "__builtin__" or "collections" or "_collections" or "array", "list" or "tuple" or "set" or "frozenset" or "dict" or "bytes" or "bytearray" or "deque" or "Counter" or "OrderedDict" or "array")
                when HasEndless(arguments):
                Add(PickleRules.Allocation, $"{global} collects the values of an iterator that has no end, or a far one.");
                return result;
            case ("builtins" or "__builtin__" or "operator" or "_operator", "pow") when arguments is [_, { Kind: AbstractKind.Integer, Payload: > LargestExponent }]:
                Add(PickleRules.Allocation, $"{global} is asked for a number of that many digits.");
                return result;
            case ("builtins" or "__builtin__", "bytes" or "bytearray") or ("numpy", "ndarray" or "void" or "recarray" or "chararray" or "matrix")
                or ("numpy.core.multiarray" or "numpy._core.multiarray" or "numpy.core._multiarray_umath" or "numpy._core._multiarray_umath" or "numpy.core.umath" or "numpy._core.umath", "_reconstruct" or "ndarray")
                when LargestShape(arguments) is > LargestAllocation and var elements:
                Add(PickleRules.Allocation, $"{global} is asked for {elements} elements.");
                return result;
            case ("torch" or "torch.cuda" or "torch.sparse" or "torch.cuda.sparse" or "torch.storage" or "torch._tensor" or "torch.tensor", _)
                when (global.Name.EndsWith("Storage", StringComparison.Ordinal) || global.Name.EndsWith("Tensor", StringComparison.Ordinal))
                && (arguments.Length > 0 && AreIntegers(arguments) ? Product(arguments) ?? long.MaxValue : LargestShape(arguments)) is > LargestAllocation and var elements:
                Add(PickleRules.Allocation, $"{global} is asked for {elements} elements.");
                return result;
            case ("numpy", "dtype"):
                return DTypeOf(result, arguments);
            case (NumpyArrayWrapper.Module, NumpyArrayWrapper.Name):
                BeginArray();
                return result with { Kind = AbstractKind.ArrayWrapper };
            default:
                return result;
        }
    }

    // Iterators that go on for ever, or as good as that: harmless until something collects what they yield.
    private static bool IsEndless(string maker, ReadOnlySpan<AbstractValue> arguments) => maker switch
    {
        "range" or "xrange" => Largest(arguments) > LargestRange,
        "repeat" => arguments.Length == 1 || arguments is [_, { Kind: AbstractKind.Integer, Payload: > LargestRange }, ..],
        "count" or "cycle" or "product" or "permutations" or "combinations" or "combinations_with_replacement" => true,
        _ => HasEndless(arguments),
    };

    private static bool HasEndless(ReadOnlySpan<AbstractValue> arguments)
    {
        foreach (ref readonly AbstractValue argument in arguments)
        {
            if (argument is { Kind: AbstractKind.Object, Flag: Endless })
                return true;
        }

        return false;
    }

    // The largest number of elements asked for, by a number or by a shape.
    private long? LargestShape(ReadOnlySpan<AbstractValue> arguments)
    {
        long? largest = Largest(arguments);
        foreach (ref readonly AbstractValue argument in arguments)
        {
            if (argument.Kind == AbstractKind.Tuple && _tuples.TryGet(argument, out ReadOnlySpan<AbstractValue> shape) && shape.Length > 0 && AreIntegers(shape))
                largest = Math.Max(largest ?? 0, Product(shape) ?? long.MaxValue);
        }

        return largest;
    }

    private static bool AreIntegers(ReadOnlySpan<AbstractValue> values)
    {
        foreach (ref readonly AbstractValue value in values)
        {
            if (value.Kind != AbstractKind.Integer)
                return false;
        }

        return true;
    }

    // map and filter call what they are given, each time it is asked for.
    private bool MapsAllowed(PickledGlobal global, ReadOnlySpan<AbstractValue> arguments) =>
        global is { Module: "builtins" or "__builtin__" or "itertools", Name: "map" or "filter" or "imap" or "ifilter" } && arguments is [var function, ..] && MayCall(function);

    private static long? Largest(ReadOnlySpan<AbstractValue> arguments)
    {
        long? largest = null;
        foreach (ref readonly AbstractValue argument in arguments)
        {
            if (argument.Kind == AbstractKind.Integer)
                largest = Math.Max(largest ?? 0, argument.Payload);
        }

        return largest;
    }

    private void Build()
    {
        AbstractValue state = _stack.Peek(0);
        if (_stack.Peek(1).Kind == AbstractKind.ArrayWrapper && !TryMeasureArray(state))
            return;
        _stack.Pop();
        ref AbstractValue target = ref _stack.Top;
        switch (target.Kind)
        {
            case AbstractKind.Global:
                Add(PickleRules.StateOnGlobal, $"BUILD sets attributes of {GlobalAt(target.Payload)} itself.");
                break;
            case AbstractKind.DType:
                BuildDType(ref target, state);
                break;
            case AbstractKind.ArrayWrapper:
                target.Kind = AbstractKind.Object;
                _pause = _failed ? Pause.Done : Pause.Array;
                break;
            case AbstractKind.Object or AbstractKind.EncodedBytes or AbstractKind.Persistent or AbstractKind.Extension:
                target.Depth = (ushort)Math.Min(Math.Max(target.Depth, state.Depth + 1), ushort.MaxValue);
                _memo.Update(target);
                CheckSize(target);
                break;
            case AbstractKind.Opaque:
                Add(PickleRules.IndirectCall, "BUILD sets the state of something that the scanner could not follow.");
                break;
            default:
                Misuse($"BUILD sets the state of a {target.Kind}");
                break;
        }
    }

    private void PersistentText()
    {
        if (!_options.AllowTextIds)
            Add(PickleRules.PersistentId, "PERSID asks the loader for an object by a text.");
        else if (IsPath(PickleText.Decode(PickleOpcode.BinUnicode, _reader.Payload(_token))!))
            Add(PickleRules.PersistentPath, "The id of a persistent object has the characters of a path.");
        Push(new AbstractValue(AbstractKind.Persistent));
    }

    private void PersistentTuple()
    {
        AbstractValue id = _stack.Peek(0);
        var loaded = new AbstractValue(AbstractKind.Persistent);
        if (!_options.AllowPersistentIds && !_options.AllowTextIds)
        {
            Add(PickleRules.PersistentId, "BINPERSID asks the loader for an object by an id.");
        }
        else if (_tuples.TryGet(id, out ReadOnlySpan<AbstractValue> items) && items.Length > 0)
        {
            if (items[0].Kind != AbstractKind.Text)
            {
                Add(PickleRules.PersistentId, "A persistent id is none of PyTorch's.");
            }
            else
            {
                if (!TryName(items[0], out string? kind))
                    return;
                if (kind is not ("storage" or "module"))
                    Add(PickleRules.PersistentId, $"A persistent id of the kind {ModelFormatException.Quote(kind ?? "")} is none of PyTorch's.");
                else if (kind == "module" && items is [_, { Kind: AbstractKind.Global } type, ..])
                    // PyTorch's old form writes a class once with its source text, and loads the class itself.
                    loaded = type;
                else if (kind == "storage" && items.Length > 2 && items[2].Kind == AbstractKind.Text)
                {
                    if (!TryName(items[2], out string? key))
                        return;
                    if (key is null || IsPath(key))
                        Add(PickleRules.PersistentPath, $"The key of a storage is {ModelFormatException.Quote(key ?? "")}.");
                }
            }
        }
        else if (id.Kind != AbstractKind.Tuple && !_options.AllowTextIds)
        {
            Add(PickleRules.PersistentId, "A persistent id is none of PyTorch's.");
        }

        _stack.Pop();
        Push(loaded);
    }

    private static bool IsPath(string key) =>
        key.Length == 0 || key.Contains("..", StringComparison.Ordinal) || key.AsSpan().IndexOfAny("/\\:\0\n") >= 0;
}
