using Bulwark.Findings;

namespace Bulwark.Scanning.Pickle;

/// <summary>The rules for pickles, BWS1001 to BWS1033.</summary>
/// <remarks>ATLAS: AML.T0010 supply chain compromise, AML.T0011 user execution of unsafe ML artifacts, AML.T0018 manipulate model.</remarks>
internal static class PickleRules
{
    /// <summary>A dangerous function is called.</summary>
    public static readonly ScanRule DangerousCall = new("BWS1001", Verdict.Malicious, Severity.Critical, "Pickle runs code",
        "Loading the file calls a function that runs programs or code, imports modules, opens files or connections, or unpickles other bytes.",
        "AML.T0011", "AML.T0010", "CVE-2025-1716", "CVE-2025-10157", "CVE-2025-32434");

    /// <summary>A dangerous function is named.</summary>
    public static readonly ScanRule DangerousGlobal = new("BWS1002", Verdict.Malicious, Severity.Critical, "Pickle imports a dangerous function",
        "Loading the file imports a function that runs programs or code, which no model data needs, and may pass it to whatever calls it later.",
        "AML.T0011", "GHSA-vqmv-47xg-9wpr", "GHSA-955r-x9j8-7rhh");

    /// <summary>A function outside the allow-lists is called.</summary>
    public static readonly ScanRule UnlistedCall = new("BWS1003", Verdict.Malicious, Severity.High, "Pickle calls a function outside the allow-list",
        "Loading the file calls a function or class that is not known to make plain data; the standard library and installed packages are full of such gadgets.",
        "AML.T0011", "GHSA-m273-6v24-x4m4", "GHSA-9w88-8rmg-7g2p");

    /// <summary>A name that walks through attributes.</summary>
    public static readonly ScanRule DottedName = new("BWS1004", Verdict.Malicious, Severity.Critical, "Pickle reaches through a module",
        "The name of a global walks from a harmless module to another one's function or to a module's insides, which defeats scanners that go by the module.",
        "AML.T0011", "GHSA-5j3x-jp52-966f", "CVE-2025-10157");

    /// <summary>A global whose name is made at load time.</summary>
    public static readonly ScanRule ComputedName = new("BWS1005", Verdict.Malicious, Severity.High, "Pickle hides what it imports",
        "The name of a global is computed or fetched while loading instead of being written down; no pickler does so.",
        "AML.T0011");

    /// <summary>A class that nobody here knows.</summary>
    public static readonly ScanRule UnknownGlobal = new("BWS1006", Verdict.Suspicious, Severity.Medium, "Pickle needs an unknown class",
        "Loading the file runs the code of a class or module that is not on any allow-list; it is as safe as the program that defines it.",
        "AML.T0011");

    /// <summary>Part of a scanner is named.</summary>
    public static readonly ScanRule ScannerTampering = new("BWS1007", Verdict.Malicious, Severity.Critical, "Pickle reaches for a scanner",
        "Loading the file imports a pickle scanner, as a payload does that switches off its hooks.",
        "AML.T0011");

    /// <summary>A call of something that is no name.</summary>
    public static readonly ScanRule IndirectCall = new("BWS1008", Verdict.Malicious, Severity.High, "Pickle calls what another call returned",
        "Loading the file calls something that has no name in the file, such as a function that an earlier call looked up.",
        "AML.T0011", "GHSA-46h3-79wf-xr6c");

    /// <summary>State is put into a class, function or module.</summary>
    public static readonly ScanRule StateOnGlobal = new("BWS1009", Verdict.Malicious, Severity.High, "Pickle changes a class or module",
        "Loading the file sets attributes of a class, function or module instead of an object, which changes the loading program itself.",
        "AML.T0011");

    /// <summary>Frames that two unpicklers read differently.</summary>
    public static readonly ScanRule FrameDivergence = new("BWS1010", Verdict.Malicious, Severity.High, "Pickle frames are ambiguous",
        "An opcode crosses the end of its frame or a frame begins inside another, so that the C unpickler and a scanner read different opcodes.",
        "AML.T0011", "https://github.com/python/cpython/issues/154848");

    /// <summary>Bytes that a nested load takes cannot be read from the file.</summary>
    public static readonly ScanRule HiddenLoad = new("BWS1011", Verdict.Malicious, Severity.High, "Pickle loads bytes that it computes",
        "Loading the file unpickles other bytes that are not written down in it as a constant, so nobody can check them.",
        "AML.T0011");

    /// <summary>A pickle with a payload lies in a string.</summary>
    public static readonly ScanRule NestedPayload = new("BWS1012", Verdict.Suspicious, Severity.High, "Payload stored as data",
        "A string or bytes value of the file is itself a pickle (perhaps in base64, hexadecimal or compressed) that would run code for whoever unpickles it.",
        "AML.T0011", "AML.T0018");

    /// <summary>The name of a Python internal is stored.</summary>
    public static readonly ScanRule InternalName = new("BWS1013", Verdict.Suspicious, Severity.Medium, "Pickle stores the name of a Python internal",
        "A text such as __setstate__ becomes an attribute that the unpickler itself calls when the object gets its state a second time.",
        "AML.T0011");

    /// <summary>A persistent id where there should be none, or of an unknown kind.</summary>
    public static readonly ScanRule PersistentId = new("BWS1014", Verdict.Suspicious, Severity.Medium, "Pickle refers to something outside",
        "The file asks its loader to look up an object by an id; outside PyTorch's storages nobody can say what that is.",
        "AML.T0011");

    /// <summary>A persistent id that is a path.</summary>
    public static readonly ScanRule PersistentPath = new("BWS1015", Verdict.Suspicious, Severity.High, "Storage key is a path",
        "The key of a storage has characters of a path in it, with which a loader may read another file.",
        "AML.T0011");

    /// <summary>The extension registry is used.</summary>
    public static readonly ScanRule Extension = new("BWS1016", Verdict.Suspicious, Severity.Medium, "Pickle uses the extension registry",
        "The file names a function by a number of the loader's own registry; what it calls depends on the machine.",
        "AML.T0011");

    /// <summary>A global with characters outside ASCII.</summary>
    public static readonly ScanRule NonAsciiGlobal = new("BWS1017", Verdict.Suspicious, Severity.Medium, "Global with a non-ASCII name",
        "The name of a class or function has characters outside ASCII, which look-alikes use and at which some scanners fail.",
        "AML.T0011");

    /// <summary>Buffers that are not in the file.</summary>
    public static readonly ScanRule OutOfBand = new("BWS1018", Verdict.Suspicious, Severity.Low, "Pickle needs buffers from outside",
        "The file takes data from out-of-band buffers, which a file does not have; it is incomplete.",
        "AML.T0011");

    /// <summary>A global that cannot exist.</summary>
    public static readonly ScanRule ImpossibleName = new("BWS1019", Verdict.Malformed, Severity.Medium, "Global with an impossible name",
        "The name of a class or function is none that Python could import; the file is no honest pickle.",
        "AML.T0011");

    /// <summary>The file ends too early.</summary>
    public static readonly ScanRule Truncated = new("BWS1020", Verdict.Malformed, Severity.Medium, "Pickle is cut short",
        "The pickle ends inside an opcode or before its STOP; unpicklers run what comes before that.",
        "AML.T0011");

    /// <summary>A byte that is no opcode.</summary>
    public static readonly ScanRule UnknownOpcode = new("BWS1021", Verdict.Malformed, Severity.Medium, "Pickle has an unknown opcode",
        "There is a byte that is no pickle opcode; unpicklers run what comes before it.",
        "AML.T0011");

    /// <summary>Opcodes that do not fit each other.</summary>
    public static readonly ScanRule Misuse = new("BWS1022", Verdict.Malformed, Severity.Medium, "Pickle opcodes do not fit",
        "An opcode finds something on the stack that it cannot work on, which crashes unpicklers or confuses their types.",
        "AML.T0011", "CVE-2026-24747");

    /// <summary>Small input, huge values.</summary>
    public static readonly ScanRule Bomb = new("BWS1023", Verdict.Malformed, Severity.High, "Pickle expands without bounds",
        "Values refer to each other so often that printing, copying or comparing them takes all memory or time.",
        "AML.T0011", "https://github.com/coldwaterq/pickle_injector");

    /// <summary>Too many levels.</summary>
    public static readonly ScanRule TooDeep = new("BWS1024", Verdict.Malformed, Severity.Medium, "Pickle is nested too deep",
        "Values are nested deeper than Python's own recursion limit lets a pickler write; reading them overflows stacks.",
        "AML.T0011");

    /// <summary>A length or number that cannot be.</summary>
    public static readonly ScanRule BadLength = new("BWS1025", Verdict.Malformed, Severity.Medium, "Pickle has an impossible length",
        "An argument has a negative or absurd length, at which unpicklers fail or allocate without end.",
        "AML.T0011");

    /// <summary>PROTO where it does not belong.</summary>
    public static readonly ScanRule Protocol = new("BWS1026", Verdict.Suspicious, Severity.Low, "Protocol marker is out of place",
        "The protocol is declared twice, later than at the beginning, or as one that does not exist; picklers do none of that.",
        "AML.T0011");

    /// <summary>The memo is misused.</summary>
    public static readonly ScanRule Memo = new("BWS1027", Verdict.Malformed, Severity.Medium, "Pickle misuses its memo",
        "The memo is read where nothing was put, or written at an index that makes unpicklers allocate without end.",
        "AML.T0011");

    /// <summary>Something follows that is no pickle.</summary>
    public static readonly ScanRule TrailingBytes = new("BWS1028", Verdict.Suspicious, Severity.Low, "Bytes behind the pickle",
        "Something that is no pickle follows the last STOP; unpicklers ignore it, other programs may not.",
        "AML.T0011");

    /// <summary>Another file follows.</summary>
    public static readonly ScanRule AppendedFile = new("BWS1029", Verdict.Malicious, Severity.High, "Another file behind the pickle",
        "An archive or program follows the pickle: the file is one thing to one reader and another thing to the next.",
        "AML.T0011");

    /// <summary>Too much to look at.</summary>
    public static readonly ScanRule TooLarge = new("BWS1030", Verdict.Malformed, Severity.Medium, "Pickle is too large to check",
        "The pickle has more opcodes, memo entries or values than the scanner is willing to follow, so part of it was not checked.",
        "AML.T0011");

    /// <summary>An array of joblib that says no size.</summary>
    public static readonly ScanRule BrokenArray = new("BWS1031", Verdict.Malformed, Severity.Medium, "Array in the stream is broken",
        "joblib wrote the bytes of an array into the pickle, but its shape and type do not say how many, or there are fewer.",
        "AML.T0011");

    /// <summary>A call that only allocates.</summary>
    public static readonly ScanRule Allocation = new("BWS1032", Verdict.Malformed, Severity.Medium, "Pickle allocates without data",
        "A call asks for gigabytes of memory that the file has no bytes for.",
        "AML.T0011");

    /// <summary>Frames that do not end where they say.</summary>
    public static readonly ScanRule FrameLength = new("BWS1033", Verdict.Malformed, Severity.Medium, "Pickle frame has a wrong length",
        "A frame reaches beyond the pickle or the file, so that readers disagree on where the pickle ends.",
        "AML.T0011");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ScanRule> All { get; } =
    [
        DangerousCall, DangerousGlobal, UnlistedCall, DottedName, ComputedName, UnknownGlobal, ScannerTampering, IndirectCall, StateOnGlobal,
        FrameDivergence, HiddenLoad, NestedPayload, InternalName, PersistentId, PersistentPath, Extension, NonAsciiGlobal, OutOfBand, ImpossibleName, Truncated,
        UnknownOpcode, Misuse, Bomb, TooDeep, BadLength, Protocol, Memo, TrailingBytes, AppendedFile, TooLarge, BrokenArray, Allocation, FrameLength,
    ];
}
