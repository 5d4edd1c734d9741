using System.Collections.Frozen;

namespace Bulwark.Scanning.Pickle;

/// <summary>
/// Judges the globals of pickles: default deny, with exact <c>module.name</c> pairs allowed. A prefix never allows anything,
/// because a module re-exports whatever it imports.
/// </summary>
internal static class GlobalPolicy
{
    private static readonly FrozenDictionary<(string Module, string Name), GlobalStanding> Allowed = Read(
        StandardLibraryGlobals.Text, NumpyGlobals.Text, TorchGlobals.Text, SklearnGlobals.Text, ScipyGlobals.Text, ModelLibraryGlobals.Text);

    private static readonly FrozenSet<string> StandardLibrary = Words(KnownModules.StandardLibrary);
    private static readonly FrozenSet<string> Dangerous = Words(KnownModules.Dangerous);
    private static readonly FrozenSet<string> Packages = Words(KnownModules.Packages);
    private static readonly FrozenSet<string> ModelPackages = Words(KnownModules.ModelPackages);
    private static readonly FrozenSet<string> Scanners = Words(KnownModules.Scanners);
    private static readonly FrozenSet<string> Enumerations = Words("http.HTTPStatus http.HTTPMethod re.RegexFlag uuid.SafeUUID calendar.Month calendar.Day");
    private static readonly FrozenSet<string> DangerousNames = Words(KnownModules.DangerousNames);

    /// <summary>Judges a global.</summary>
    public static GlobalStanding Judge(string module, string name, bool torchScript)
    {
        if (Allowed.TryGetValue((module, name), out GlobalStanding allowed))
            return allowed;
        if (module == "torch.storage" && name == "_load_from_bytes")
            return GlobalStanding.LoadsBytes;
        if (module is "builtins" or "__builtin__" && name == "type")
            return GlobalStanding.AsksType;
        if (module is "builtins" or "__builtin__" && name == "getattr")
            return GlobalStanding.ReadsAttribute;
        if (torchScript && module.StartsWith("__torch__", StringComparison.Ordinal) && !name.Contains('.', StringComparison.Ordinal))
            return GlobalStanding.TorchScriptClass;

        // Members of some enumerations are pickled by name: http.HTTPStatus.OK.
        if (name.Split('.') is [var type, var member] && Enumerations.Contains(module + "." + type) && member.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_'))
            return GlobalStanding.AllowedName;

        string root = Root(module);
        if (Scanners.Contains(root))
            return GlobalStanding.Scanner;
        if (IsWithin(module, Dangerous))
            return GlobalStanding.Dangerous;
        if (name.Contains('.', StringComparison.Ordinal))
            return name.Split('.').Any(part => DangerousNames.Contains(part) || IsDunder(part) || StandardLibrary.Contains(part)) || IsKnown(root)
                ? GlobalStanding.Dotted
                : GlobalStanding.Unknown;
        if (IsDunder(name))
            return GlobalStanding.Dotted;
        if (DangerousNames.Contains(name))
            return GlobalStanding.Dangerous;
        if (StandardLibrary.Contains(root))
            return GlobalStanding.StandardLibrary;
        if (Packages.Contains(root))
            return GlobalStanding.Package;
        if (ModelPackages.Contains(root))
            return GlobalStanding.ModelPackage;
        return Ascii(module) && Ascii(name) ? GlobalStanding.Unknown : GlobalStanding.NonAscii;
    }

    /// <summary>Whether a name is that of a method that PyTorch's schedulers and lazy modules keep as an attribute, so that picklers read it from its object.</summary>
    public static bool IsBoundMethod(string? name) => name is "_annealing_cos" or "_annealing_linear" or "_infer_parameters" or "_lazy_load_hook";

    /// <summary>Whether Python could import such a name at all.</summary>
    public static bool IsPossible(string module, string name) => IsPath(module) && IsPath(name);

    private static bool IsPath(string path) =>
        path.Length > 0 && path.Split('.').All(part => part.Length > 0 && part.All(c => char.IsLetterOrDigit(c) || c is '_' or '<' or '>' or '-') && !char.IsAsciiDigit(part[0]));

    private static bool IsKnown(string root) => StandardLibrary.Contains(root) || Packages.Contains(root) || ModelPackages.Contains(root);

    private static bool IsDunder(string name) => name.Length > 4 && name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal);

    private static bool Ascii(string text) => text.All(char.IsAscii);

    private static string Root(string module)
    {
        int dot = module.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? module : module[..dot];
    }

    // A module or any package around it.
    private static bool IsWithin(string module, FrozenSet<string> modules)
    {
        for (string? part = module; part is not null; part = part.LastIndexOf('.') is var dot and >= 0 ? part[..dot] : null)
        {
            if (modules.Contains(part))
                return true;
        }

        return false;
    }

    private static FrozenSet<string> Words(string text) =>
        text.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private static FrozenDictionary<(string Module, string Name), GlobalStanding> Read(params ReadOnlySpan<string> texts)
    {
        Dictionary<(string, string), GlobalStanding> pairs = [];
        foreach (string text in texts)
        {
            string module = "";
            GlobalStanding standing = GlobalStanding.Allowed;
            foreach (string word in text.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.EndsWith(':'))
                    (module, standing) = (word.TrimEnd(':'), word.EndsWith("::", StringComparison.Ordinal) ? GlobalStanding.AllowedName : GlobalStanding.Allowed);
                else
                    pairs.TryAdd((module, word), standing);
            }
        }

        return pairs.ToFrozenDictionary();
    }
}
