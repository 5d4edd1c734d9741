using Bulwark.Models;

namespace Bulwark.Scanning.Keras;

/// <summary>Judges the objects and strings of one configuration.</summary>
/// <remarks>
/// What Keras builds from JSON (keras/src/saving/serialization_lib.py and legacy/saving/serialization.py):
/// <code>
/// {"module": "keras.layers", "class_name": "Dense", "config": {...}, "registered_name": null}          class_name of module, found in the registry by registered_name first
/// {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}    the function that config names
/// {"class_name": "__lambda__", "config": {"value": "base64 of marshalled code", ...}}                  a function made of code
/// {"class_name": "Lambda", "config": {"function": ["base64 of marshalled code", null, null], "function_type": "lambda"}}      Keras 2
/// </code>
/// </remarks>
/// <param name="path">Where the configuration stands.</param>
/// <param name="source">Where Keras has it from.</param>
/// <param name="context">Receives findings.</param>
internal sealed class KerasJudge(string path, KerasSource source, ScanContext context)
{
    private const string LambdaName = "Lambda";

    /// <summary>Judges a key.</summary>
    public void Key(string key, long offset)
    {
        if (key is "__lambda__")
            context.Add(KerasRules.Lambda, path, offset, "A key is __lambda__.");
    }

    /// <summary>Reports a key that stands twice for different things.</summary>
    public void Ambiguous(string key, long offset) =>
        context.Add(KerasRules.BadConfiguration, path, offset, $"The key {ModelFormatException.Quote(key)} stands twice in one object.");

    /// <summary>Judges a string.</summary>
    /// <returns>A file that it encodes; null when it is none.</returns>
    public byte[]? Text(string key, string text, long offset)
    {
        if (KerasText.IsMarshal(text))
            context.Add(KerasRules.Marshal, path, offset, $"{ModelFormatException.Quote(key)} is a compiled function in base64.");
        if (key is not ("name" or "vocabulary") && KerasText.LastPart(text) is { } last && (KerasNames.Unmistakable.Contains(last) || IsForeignCall(text, last)))
            context.Add(KerasRules.Gadget, path, offset, $"{ModelFormatException.Quote(key)} names {ModelFormatException.Quote(text)}.");
        if (key is "vocabulary" or "idf_weights")
            return null;
        if (KerasText.IsAddress(text))
            context.Add(KerasRules.Outside, path, offset, $"{ModelFormatException.Quote(key)} is the address {ModelFormatException.Quote(text)}.");
        else if (KerasText.IsPathKey(key) && KerasText.LeadsOut(text))
            context.Add(KerasRules.Outside, path, offset, $"{ModelFormatException.Quote(key)} is the path {ModelFormatException.Quote(text)}.");
        if (text.Length > KerasText.LongestCode)
            return null;
        if (CodeText.Find(text) is { } code)
            context.Add(KerasRules.Code, path, offset, $"{ModelFormatException.Quote(key)} holds {code}.");
        return CodeText.DecodeBlob(text);
    }

    /// <summary>Judges an object that ended.</summary>
    public void Node(KerasNode node)
    {
        if (node.IsArray)
            return;
        Functions(node);
        if (node["class_name"] is { } name)
            Named(node, name);
        else if (node["module"] is { } module)
            Module(node, module, null);
    }

    private static bool IsForeignCall(string text, string last) =>
        text.Contains('.', StringComparison.Ordinal) && KerasNames.Gadgets.Contains(last) && KerasModules.Of(text[..^(last.Length + 1)]) == KerasModule.Dangerous;

    /// <summary>What a configuration says about functions in it, whoever it belongs to.</summary>
    private void Functions(KerasNode node)
    {
        if (node["function_type"] is LambdaKind || node["output_shape_type"] is LambdaKind || node["mask_type"] is LambdaKind)
            context.Add(KerasRules.Lambda, path, node.Offset, "A function of a layer is of type lambda.");
        foreach (string key in new[] { "fn_module", "function_module", "output_shape_module", "mask_module" })
        {
            if (node[key] is { } module)
                Module(node, module, node["fn"] ?? node["function"]);
        }
    }

    private const string LambdaKind = "lambda";

    private void Named(KerasNode node, string name)
    {
        string trimmed = name.Trim();
        string? registered = node["registered_name"]?.Trim();
        if (trimmed == "__lambda__" || registered == "__lambda__")
        {
            context.Add(KerasRules.Lambda, path, node.Offset, "An object is a function made of code.");
            return;
        }

        if (IsLambda(trimmed) || IsLambda(registered))
        {
            Lambda(node);
            return;
        }

        if (Is(trimmed, "TorchModuleWrapper") || Is(registered, "TorchModuleWrapper"))
            context.Add(KerasRules.TorchModule, path, node.Offset, "A layer is a TorchModuleWrapper.");
        else if (Is(trimmed, "TFSMLayer") || Is(registered, "TFSMLayer"))
            SavedModel(node);
        else if (trimmed is "TFOpLambda" or "SlicingOpLambda" or "ClassMethod" or "InstanceMethod")
            Operation(node);
        Vocabulary(node, trimmed);
        if (trimmed == "function")
            Function(node, registered);
        else
            Class(node, name, registered);
    }

    private static bool IsLambda(string? name) => Is(name, LambdaName) || Is(name, "LambdaLayer");

    private static bool Is(string? name, string due) =>
        name is not null && (name.Equals(due, StringComparison.OrdinalIgnoreCase) || (name.EndsWith(due, StringComparison.OrdinalIgnoreCase) && name[^(due.Length + 1)] is '>' or '.'));

    // A layer around a function of Keras is odd; around anything else it runs what the file says.
    private void Lambda(KerasNode node)
    {
        KerasNode? config = node.Config;
        string? named = config?["function"] ?? config?.Function?["config"];
        bool isOwn = named is not null && KerasNames.Functions.Contains(named)
            && KerasModules.Of(config?["module"]) is KerasModule.None or KerasModule.Keras or KerasModule.Builtins
            && config?.Function?["class_name"] is null or "function";
        context.Add(isOwn ? KerasRules.NamedLambda : KerasRules.Lambda, path, node.Offset,
            named is null ? "A layer is a Lambda." : $"A layer is a Lambda of {ModelFormatException.Quote(named)}.");
    }

    private void SavedModel(KerasNode node)
    {
        string file = node.Config?["filepath"] ?? "";
        if (KerasText.IsAddress(file) || KerasText.LeadsOut(file))
            context.Add(KerasRules.SavedModelPath, path, node.Offset, $"A layer loads the SavedModel {ModelFormatException.Quote(file)}.");
        else
            Custom(node, $"A layer loads the SavedModel {ModelFormatException.Quote(file)}.");
    }

    private void Operation(KerasNode node)
    {
        string operation = node.Config?["function"] ?? node.Config?["name"] ?? "";
        if (KerasText.IsUnsafeOperation(operation))
            context.Add(KerasRules.Gadget, path, node.Offset, $"A layer calls {ModelFormatException.Quote(operation)}.");
    }

    private void Vocabulary(KerasNode node, string name)
    {
        foreach (string key in new[] { "vocabulary", "idf_weights", "merges", "proto" })
        {
            if ((node.Config?[key] ?? node[key]) is not { Length: > 0 } file || (key is "merges" or "proto" && !KerasNames.Lookups.Contains(name)))
                continue;
            if (KerasText.IsAddress(file) || KerasText.LeadsOut(file))
                context.Add(KerasRules.VocabularyPath, path, node.Offset, $"{ModelFormatException.Quote(name)} reads {ModelFormatException.Quote(file)}.");
            else if (key != "proto")
                context.Add(KerasRules.VocabularyFile, path, node.Offset, $"{ModelFormatException.Quote(name)} reads {ModelFormatException.Quote(file)}.");
        }
    }

    private void Function(KerasNode node, string? registered)
    {
        string function = node["config"] ?? node.Config?["class_name"] ?? registered ?? "";
        KerasModule module = KerasModules.Of(node["module"]);
        if (module is KerasModule.Dangerous or KerasModule.Foreign || KerasNames.Gadgets.Contains(KerasText.LastPart(function) ?? "") || function.Contains("__", StringComparison.Ordinal))
            Module(node, node["module"] ?? "", function);
        else if (module is KerasModule.TensorFlow or KerasModule.KerasTools && KerasText.IsUnsafeOperation(function))
            context.Add(KerasRules.Gadget, path, node.Offset, $"A function is {ModelFormatException.Quote(function)} of {ModelFormatException.Quote(node["module"] ?? "")}.");
        else if (module != KerasModule.Keras && !KerasNames.Functions.Contains(function))
            Custom(node, $"A function is {ModelFormatException.Quote(function)} of {ModelFormatException.Quote(node["module"] ?? "no module")}.");
    }

    private void Class(KerasNode node, string name, string? registered)
    {
        string last = KerasText.LastPart(name.Trim()) ?? name;
        if (node["module"] is { } module)
        {
            Module(node, module, name);
            return;
        }

        if (KerasNames.Gadgets.Contains(last) && !KerasNames.Classes.Contains(last))
            context.Add(KerasRules.Gadget, path, node.Offset, $"A class is {ModelFormatException.Quote(name)}.");
        else if (registered is not null && registered.Contains('>', StringComparison.Ordinal) && !IsKerasPackage(registered))
            Custom(node, $"A class is registered as {ModelFormatException.Quote(registered)}.");
        else if (!KerasNames.Classes.Contains(name) && !name.StartsWith("__", StringComparison.Ordinal) && !IsKerasPackage(name))
            Custom(node, $"A class is {ModelFormatException.Quote(name)}, which Keras does not have.");
    }

    // A SavedModel names the classes it was made from, but loads without them.
    private void Custom(KerasNode node, string what)
    {
        if (source != KerasSource.SavedModel)
            context.Add(KerasRules.Custom, path, node.Offset, what);
    }

    private static bool IsKerasPackage(string name)
    {
        int end = name.IndexOf('>', StringComparison.Ordinal);
        return end > 0 && name[..end].ToUpperInvariant() is "KERAS" or "KERAS_HUB" or "KERAS_NLP" or "KERAS_CV";
    }

    /// <summary>Judges a module and what is taken from it.</summary>
    private void Module(KerasNode node, string module, string? name)
    {
        string what = name is null ? $"Something is taken from {ModelFormatException.Quote(module)}." : $"{ModelFormatException.Quote(name)} is taken from {ModelFormatException.Quote(module)}.";
        string last = name is null ? "" : KerasText.LastPart(name.Trim()) ?? "";
        bool gadget = KerasNames.Gadgets.Contains(last) || (name?.Contains("__", StringComparison.Ordinal) == true && !KerasNames.Classes.Contains(name));
        string? registered = node["registered_name"];
        switch (KerasModules.Of(module))
        {
            case KerasModule.Dangerous:
                context.Add(KerasRules.ForeignModule, path, node.Offset, what);
                break;
            case KerasModule.Builtins when gadget || !KerasNames.Classes.Contains(last):
                context.Add(KerasRules.ForeignModule, path, node.Offset, what);
                break;
            case KerasModule.Keras or KerasModule.None when gadget && !KerasNames.Classes.Contains(last):
            case KerasModule.KerasTools or KerasModule.TensorFlow or KerasModule.Library when gadget:
                context.Add(KerasRules.Gadget, path, node.Offset, what);
                break;
            case KerasModule.KerasTools when !KerasNames.Classes.Contains(last) && last is not ("Feature" or "Cross"):
            case KerasModule.TensorFlow when node["class_name"] is not "__typespec__" && !KerasNames.Classes.Contains(last):
            case KerasModule.Library:
                Custom(node, what);
                break;
            // A class that its package has registered is looked up by that name before anything is imported.
            case KerasModule.Foreign when registered is not null && registered.Contains('>', StringComparison.Ordinal) && !gadget:
                Custom(node, what);
                break;
            case KerasModule.Foreign:
                context.Add(KerasRules.ForeignModule, path, node.Offset, what);
                break;
        }
    }
}
