using System.Collections.Frozen;

namespace Bulwark.Scanning.Templates;

/// <summary>Names that lead out of a template, by what they are for.</summary>
/// <remarks>Sources: jinja2/sandbox.py (what the sandbox forbids), CVE-2024-34359, promptfoo/modelaudit, and the published ways around web filters.</remarks>
internal static class JinjaNames
{
    /// <summary>Attributes between two double underscores by which Python objects are walked.</summary>
    private static readonly FrozenSet<string> Introspection = new[]
    {
        "__class__", "__base__", "__bases__", "__mro__", "__subclasses__", "__globals__", "__builtins__", "__builtin__", "__import__", "__init__", "__dict__",
        "__getattribute__", "__getattr__", "__setattr__", "__delattr__", "__code__", "__call__", "__reduce__", "__reduce_ex__", "__module__", "__loader__", "__spec__",
        "__self__", "__func__", "__closure__", "__defaults__", "__kwdefaults__", "__getitem__", "__setitem__", "__new__", "__del__", "__subclasshook__",
        "__init_subclass__", "__name__", "__qualname__", "__doc__", "__file__", "__path__", "__package__", "__cached__", "__wrapped__", "__annotations__",
        "__dir__", "__weakref__", "__slots__", "__prepare__", "__instancecheck__", "__objclass__", "__text_signature__", "__traceback__", "__context__", "__cause__",
        "__enter__", "__exit__", "__main__", "__debug__", "__add__", "__mul__", "__mod__", "__format__", "__str__", "__repr__", "__iter__", "__next__",
        "__get__", "__set__", "__getstate__", "__setstate__", "__class_getitem__", "__mro_entries__",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Other attributes that reach frames, code and modules, and need no call.</summary>
    private static readonly FrozenSet<string> Inner = new[]
    {
        "func_globals", "func_code", "func_closure", "func_defaults", "im_class", "im_func", "im_self", "gi_frame", "gi_code", "gi_yieldfrom", "cr_frame", "cr_code",
        "ag_frame", "ag_code", "f_globals", "f_locals", "f_builtins", "f_back", "f_code", "tb_frame", "tb_next", "co_code", "co_consts", "co_names", "popen", "Popen",
        "subprocess", "importlib", "check_output", "check_call", "getoutput", "getstatusoutput", "import_module", "load_module", "exec_module", "find_module",
        "urlopen", "urlretrieve", "execfile", "run_module", "run_path", "from_pyfile", "b64decode", "a85decode", "b85decode", "unhexlify", "spawnl", "spawnle", "spawnlp", "spawnlpe",
        "spawnv", "spawnve", "spawnvp", "spawnvpe", "execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp", "execvpe", "posix_spawn", "fdopen", "rmtree", "_module",
        "_TemplateReference__context", "_Namespace__attrs", "_environment", "_func",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Methods whose call runs something; as plain keys they may be anything.</summary>
    private static readonly FrozenSet<string> Calls = new[]
    {
        "system", "mro", "eval", "exec", "compile", "fork", "forkpty", "putenv", "getenv", "fromhex", "unlink", "rmdir", "chmod", "symlink", "dlopen", "CDLL", "create_connection", "getattr", "from_object", "from_envvar",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Functions of Python that no template has, called under their own names.</summary>
    private static readonly FrozenSet<string> Functions = new[]
    {
        "eval", "exec", "compile", "open", "getattr", "setattr", "delattr", "globals", "locals", "vars", "execfile", "breakpoint", "input", "file", "reload", "popen", "system", "import_module",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Modules of Python that no template has.</summary>
    private static readonly FrozenSet<string> Modules = new[]
    {
        "os", "sys", "subprocess", "importlib", "builtins", "socket", "shutil", "ctypes", "posix", "nt", "pty", "commands", "runpy", "pickle", "urllib", "requests", "pathlib", "multiprocessing", "codecs", "marshal",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Objects of web frameworks and of Jinja itself by which escapes begin, and which chat templates have no use for.</summary>
    private static readonly FrozenSet<string> Foreign = new[]
    {
        "request", "self", "lipsum", "url_for", "get_flashed_messages", "current_app", "handler", "settings", "environment", "debug", "dump",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Objects of Jinja whose members no template reads.</summary>
    private static readonly FrozenSet<string> Globals = new[] { "cycler", "joiner", "namespace", "lipsum", "range", "dict", "self", "request", "config", "url_for", "get_flashed_messages" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The names by which escapes go, of which no piece is a word of its own.</summary>
    private static readonly string[] Steps = ["__class__", "__bases__", "__mro__", "__subclasses__", "__globals__", "__builtins__", "__import__", "__init__", "__getitem__", "__getattribute__", "__dict__"];

    /// <summary>True for the beginning or end of such a name, as it is written to be put together later.</summary>
    public static bool IsPiece(string text)
    {
        const int ShortestBegin = 5;
        const int ShortestEnd = 4;
        return (text.Length >= ShortestBegin && text.StartsWith("__", StringComparison.Ordinal) && Steps.Any(s => s.Length > text.Length && s.StartsWith(text, StringComparison.Ordinal)))
            || (text.Length >= ShortestEnd && text[0] != '_' && text.EndsWith("__", StringComparison.Ordinal) && Steps.Any(s => s.EndsWith(text, StringComparison.Ordinal)));
    }

    public static bool IsIntrospection(string name) => Introspection.Contains(name);

    public static bool IsDunder(string name) => name.Length > 4 && name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal);

    public static bool IsInner(string name) => Inner.Contains(name);

    public static bool IsDangerousCall(string name) => Calls.Contains(name) || Inner.Contains(name);

    public static bool IsFunction(string name) => Functions.Contains(name);

    public static bool IsModule(string name) => Modules.Contains(name);

    public static bool IsForeign(string name) => Foreign.Contains(name);

    public static bool IsGlobal(string name) => Globals.Contains(name);

    /// <summary>The introspection name inside a text, between characters that are not part of one; null when there is none.</summary>
    public static string? Within(string text)
    {
        for (int at = text.IndexOf("__", StringComparison.Ordinal); at >= 0; at = text.IndexOf("__", at + 1, StringComparison.Ordinal))
        {
            int close = at + 2;
            while (close < text.Length && (char.IsAsciiLetterLower(text[close]) || (text[close] == '_' && close + 1 < text.Length && text[close + 1] != '_')))
                close++;
            if (close + 2 <= text.Length && text.AsSpan(close, 2) is "__" && Introspection.Contains(text[at..(close + 2)]))
                return text[at..(close + 2)];
        }

        return null;
    }
}
