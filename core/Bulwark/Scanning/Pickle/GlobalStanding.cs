namespace Bulwark.Scanning.Pickle;

/// <summary>What is known of a class or function that a pickle names.</summary>
internal enum GlobalStanding
{
    /// <summary>On the allow-list: it makes data and nothing else.</summary>
    Allowed,

    /// <summary>On the allow-list to be named, or made empty by NEWOBJ; no pickler calls it.</summary>
    AllowedName,

    /// <summary>torch.storage._load_from_bytes: allowed on constant bytes, which are then scanned as what it would load.</summary>
    LoadsBytes,

    /// <summary>builtins.type: allowed to ask for a type, not to make one.</summary>
    AsksType,

    /// <summary>builtins.getattr: allowed on a class and a constant that together are on the allow-list, as ZoneInfo._unpickle is.</summary>
    ReadsAttribute,

    /// <summary>A class that TorchScript compiled; data for its own reader, absent everywhere else.</summary>
    TorchScriptClass,

    /// <summary>Runs code, imports, opens, connects, or unpickles; naming it is enough.</summary>
    Dangerous,

    /// <summary>Part of a scanner: pickles that name one want to turn it off.</summary>
    Scanner,

    /// <summary>A name that walks through attributes, such as <c>os.system</c> in <c>pathlib</c>, or a dunder.</summary>
    Dotted,

    /// <summary>Of the standard library, outside the allow-list.</summary>
    StandardLibrary,

    /// <summary>Of a well-known package that an attacker finds installed, outside the allow-list.</summary>
    Package,

    /// <summary>Of a package of models or training, outside the allow-list.</summary>
    ModelPackage,

    /// <summary>Of a module that nobody here knows, such as <c>__main__</c>.</summary>
    Unknown,

    /// <summary>With characters outside ASCII.</summary>
    NonAscii,
}
