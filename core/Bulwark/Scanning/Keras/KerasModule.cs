using System.Collections.Frozen;
using Bulwark.Scanning.Pickle;

namespace Bulwark.Scanning.Keras;

/// <summary>What a module is that a configuration takes a class or function from.</summary>
internal enum KerasModule
{
    /// <summary>None is named.</summary>
    None,

    /// <summary>A part of Keras that holds layers, losses and the like.</summary>
    Keras,

    /// <summary>A part of Keras that holds functions which reach out: utilities, loading and saving, settings.</summary>
    KerasTools,

    /// <summary>TensorFlow outside Keras.</summary>
    TensorFlow,

    /// <summary>Python's builtins, under which Keras saves functions that it finds by name.</summary>
    Builtins,

    /// <summary>The script that saved the model, or a library of layers.</summary>
    Library,

    /// <summary>The standard library, or a name that is none.</summary>
    Dangerous,

    /// <summary>Anything else.</summary>
    Foreign,
}

/// <summary>Sorts modules.</summary>
internal static class KerasModules
{
    private static readonly FrozenSet<string> StandardLibrary =
        KnownModules.StandardLibrary.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private static readonly string[] Roots = ["keras", "tf_keras", "keras_core", "keras_hub", "keras_nlp", "keras_cv", "keras_rs", "keras_preprocessing"];

    private static readonly string[] Libraries =
    [
        "__main__", "tensorflow_addons", "tensorflow_hub", "tensorflow_probability", "tensorflow_model_optimization", "tensorflow_similarity", "tensorflow_recommenders", "tensorflow_text", "transformers", "official",
        "larq", "qkeras", "kgcnn", "spektral", "efficientnet", "segmentation_models", "classification_models", "keras_contrib", "keras_applications", "keras_tuner", "kerastuner", "autokeras", "tcn", "vit_keras", "kapre",
    ];

    /// <summary>Parts of Keras' module names that only say where in its source something is.</summary>
    private static readonly string[] Steps = ["src", "api", "_tf_keras", "keras", "legacy", "_legacy", "engine", "python", "v1", "v2", "experimental", "modeling", "models", "_v1", "_v2"];

    private static readonly string[] Tools = ["utils", "saving", "config", "backend", "datasets", "export", "wrappers", "estimator", "tools", "testing", "callbacks", "distribution", "tree", "visualization", "preprocessing"];

    /// <summary>Sorts one.</summary>
    public static KerasModule Of(string? module)
    {
        if (string.IsNullOrEmpty(module))
            return KerasModule.None;
        string[] parts = module.Split('.');
        if (!parts.All(IsName))
            return KerasModule.Dangerous;
        string root = parts[0];
        if (Roots.Contains(root))
            return OfKeras(parts.AsSpan(1));
        if (root is "tensorflow" or "tf")
        {
            int keras = Array.IndexOf(parts, "keras");
            return keras is 1 or 2 or 3 ? OfKeras(parts.AsSpan(keras + 1)) : KerasModule.TensorFlow;
        }

        if (root is "builtins" or "__builtin__")
            return parts.Length == 1 ? KerasModule.Builtins : KerasModule.Dangerous;
        if (Libraries.Contains(root))
            return KerasModule.Library;
        return StandardLibrary.Contains(root) ? KerasModule.Dangerous : KerasModule.Foreign;
    }

    private static KerasModule OfKeras(ReadOnlySpan<string> parts)
    {
        while (parts.Length > 0 && Steps.Contains(parts[0]))
            parts = parts[1..];
        return parts.Length > 0 && Tools.Contains(parts[0]) ? KerasModule.KerasTools : KerasModule.Keras;
    }

    /// <summary>Whether a name is a plain identifier.</summary>
    public static bool IsName(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
