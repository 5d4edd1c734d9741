namespace Bulwark.Scanning.Keras;

/// <summary>An object or array of a configuration while it is read, and what is kept of it until the object around it ends.</summary>
/// <param name="key">Its key in the object around it; empty in an array.</param>
/// <param name="offset">Where it begins.</param>
/// <param name="isArray">Whether it is an array.</param>
internal sealed class KerasNode(string key, long offset, bool isArray)
{
    private const int LongestText = 4096;
    private const int MostItems = 4;

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly List<string> _items = [];

    /// <summary>Its key in the object around it.</summary>
    public string Key { get; } = key;

    /// <summary>Where it begins.</summary>
    public long Offset { get; } = offset;

    /// <summary>Whether it is an array.</summary>
    public bool IsArray { get; } = isArray;

    /// <summary>The key that was read last.</summary>
    public string Next { get; set; } = "";

    /// <summary>The object under <c>config</c>.</summary>
    public KerasNode? Config { get; private set; }

    /// <summary>The object or array under <c>function</c>.</summary>
    public KerasNode? Function { get; private set; }

    /// <summary>The first strings of an array.</summary>
    public IReadOnlyList<string> Items => _items;

    /// <summary>A string of it; null when there is none.</summary>
    public string? this[string key] => _texts.GetValueOrDefault(key);

    /// <summary>Keys that decide what an object is; the others are judged when they are read and not kept.</summary>
    public static bool IsKept(string key) => key is "class_name" or "module" or "registered_name" or "config" or "function" or "function_type" or "output_shape_type" or "mask_type"
        or "fn_module" or "function_module" or "output_shape_module" or "mask_module" or "vocabulary" or "idf_weights" or "merges" or "proto" or "filepath" or "name" or "fn" or "code" or "value" or "alternative" or "dtype";

    /// <summary>Keeps a string; false when another is there under its key.</summary>
    public bool TryKeep(string key, string text)
    {
        text = text.Length > LongestText ? text[..LongestText] : text;
        if (IsArray)
        {
            if (_items.Count < MostItems)
                _items.Add(text);
            return true;
        }

        if ((key == "config" && Config is not null) || (key == "function" && Function is not null))
            return false;
        return !IsKept(key) || _texts.TryAdd(key, text) || _texts[key] == text;
    }

    /// <summary>Keeps an object or array that ended; false when another is there under its key.</summary>
    public bool TryKeep(KerasNode child)
    {
        switch (child.Key)
        {
            case "config" when !IsArray:
                bool first = Config is null && this["config"] is null;
                Config ??= child;
                return first;
            case "function" when !IsArray:
                first = Function is null && this["function"] is null;
                Function ??= child;
                return first;
            default:
                return true;
        }
    }
}
