using System.Text;
using Bulwark.Models;
using Bulwark.Scanning.Keras;
using Bulwark.Scanning.Pickle;
using Bulwark.Scanning.Templates;
using Bulwark.Storage;

namespace Bulwark.Scanning.Configs;

/// <summary>Scans text that lies beside weights: JSON and YAML configurations and chat templates.</summary>
internal static class ConfigScanner
{
    /// <summary>The largest YAML file or template that is read as a whole.</summary>
    public const int MaxText = 4 << 20;

    private const int LongestPlainValue = 1 << 16;
    private const long LargestConfiguration = 1 << 20;
    private const int ArchitectureHead = 4096;
    private const string ChatTemplate = "chat_template";

    private static readonly string[] TemplateEndings = [".jinja", ".jinja2", ".j2", ".template", ".tmpl"];
    private static readonly string[] YamlEndings = [".yaml", ".yml"];

    /// <summary>Modules whose functions run code, as loaders of configurations spell them.</summary>
    private static readonly string[] DangerousModules =
    [
        "os", "posix", "nt", "sys", "subprocess", "builtins", "importlib", "runpy", "shutil", "socket", "pty", "ctypes", "pickle", "marshal", "code", "codeop", "webbrowser", "urllib", "http", "ftplib", "multiprocessing", "asyncio", "commands", "pdb", "timeit", "cProfile", "profile", "pip",
    ];

    private static readonly string[] KnownLibraries = ["transformers", "diffusers", "peft", "torch", "timm", "sentence_transformers", "open_clip", "optimum", "accelerate", "onnxruntime", "flax", "safetensors", "tokenizers"];

    /// <summary>True when a file is JSON, YAML or a template as far as its first bytes and its name tell.</summary>
    public static bool Looks(ReadOnlySpan<byte> head, string name) => Sort(head, name) is not null;

    /// <summary>Scans one file.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(1024, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        switch (Sort(head, content.Source.Name))
        {
            case TextSort.Json:
                // Members of a Keras archive are judged as what they are there.
                if (depth == 0)
                    await ScanArchitectureAsync(content, path, context, cancellationToken).ConfigureAwait(false);
                await ScanJsonAsync(content, path, context, cancellationToken).ConfigureAwait(false);
                break;
            case TextSort.Yaml:
                ScanYaml(await ReadTextAsync(content, cancellationToken).ConfigureAwait(false), path, context);
                break;
            case TextSort.Template:
                if (content.Source.Size > MaxText)
                    context.Add(TemplateRules.Oversized, path, null, $"It has {content.Source.Size} bytes.");
                JinjaTemplateScanner.Scan(await ReadTextAsync(content, cancellationToken).ConfigureAwait(false), path, context);
                break;
        }
    }

    private static TextSort? Sort(ReadOnlySpan<byte> head, string name)
    {
        head = head.Length > 3 && head[0] == 0xEF && head[1] == 0xBB && head[2] == 0xBF ? head[3..] : head;
        if (head.Contains((byte)0))
            return null;
        bool Ends(string[] endings) => endings.Any(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase));
        ReadOnlySpan<byte> text = head.TrimStart(" \t\r\n"u8);
        if (text.IsEmpty)
            return null;
        if (Ends(TemplateEndings))
            return TextSort.Template;
        if (Ends(YamlEndings))
            return TextSort.Yaml;
        if (name.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return TextSort.Json;
        ReadOnlySpan<byte> second = text[1..].TrimStart(" \t\r\n"u8);
        if ((text[0] == '{' && (second.IsEmpty || second[0] is (byte)'"' or (byte)'}')) || (text[0] == '[' && (second.IsEmpty || second[0] is (byte)'"' or (byte)'{' or (byte)'[' or (byte)']' or (byte)'-' or (>= (byte)'0' and <= (byte)'9'))))
            return TextSort.Json;
        if (text.StartsWith("{%"u8) || text.StartsWith("{{"u8) || text.StartsWith("{#"u8))
            return TextSort.Template;
        return text.IndexOf("chat_template:"u8) >= 0 || text.IndexOf("!!python/"u8) >= 0 ? TextSort.Yaml : null;
    }

    private static async Task<string> ReadTextAsync(IObjectReader content, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[(int)Math.Min(MaxText, content.Source.Size)];
        await content.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(bytes);
    }

    private static async Task ScanJsonAsync(IObjectReader content, string path, ScanContext context, CancellationToken cancellationToken)
    {
        var walker = new JsonWalker(content);
        while (await walker.NextAsync(cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Judge(walker, content.Source.Size, path, context);
        }
    }

    // An architecture of Keras in a file of its own, for model_from_json. Other programs have such keys too, so that only what is malicious counts.
    private static async Task ScanArchitectureAsync(IObjectReader content, string path, ScanContext context, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(ArchitectureHead, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (head.AsSpan().IndexOf("\"class_name\""u8) < 0 || head.AsSpan().IndexOf("\"config\""u8) < 0)
            return;
        ScanContext aside = ScanContext.Aside(context.Limits);
        await KerasConfigScanner.ScanAsync(content, path, 0, KerasSource.Archive, aside, cancellationToken).ConfigureAwait(false);
        foreach (ScanFinding finding in aside.Findings.Where(f => f.Rule.Verdict == Verdict.Malicious))
            context.Add(finding.Rule, finding.Path, finding.Offset, finding.Message);
    }

    private static void Judge(JsonWalker walker, long size, string path, ScanContext context)
    {
        (string key, string text, IReadOnlyList<string> way) = (walker.Key, walker.Text, walker.Path);
        if (key == "trust_remote_code" && (walker.Word == "true" || text.Equals("true", StringComparison.OrdinalIgnoreCase)))
            context.Add(ConfigRules.TrustRemoteCode, path, walker.Offset, "It sets trust_remote_code.");
        if (text.Length == 0)
            return;
        if (way.Contains(ChatTemplate) && (key is ChatTemplate or "template" or "" || way[^1] != "name"))
        {
            string place = path + "#" + string.Join('.', way.Where(k => k.Length > 0));
            JinjaTemplateScanner.Scan(text, place, context);
        }
        else if (way.Contains("auto_map"))
        {
            context.Add(ConfigRules.CustomCode, path, walker.Offset, text.Contains("--", StringComparison.Ordinal)
                ? $"It loads {ModelFormatException.Quote(text)} from another repository."
                : $"It loads {ModelFormatException.Quote(text)} from a Python file.");
        }
        else if (way.Contains("custom_pipelines") || key is "custom_pipeline" or "custom_generate")
        {
            context.Add(ConfigRules.CustomCode, path, walker.Offset, $"It loads the pipeline {ModelFormatException.Quote(text)}.");
        }
        else if (key is "_target_" or "_partial_target_" && IsDangerous(text))
        {
            context.Add(ConfigRules.Target, path, walker.Offset, $"It calls {ModelFormatException.Quote(text)}.");
        }
        else if (key == "parent_library" && !IsKnown(text))
        {
            context.Add(ConfigRules.UnknownModule, path, walker.Offset, $"It imports {ModelFormatException.Quote(text)}.");
        }
        else if (way is ["", "type"] && text.Contains('.', StringComparison.Ordinal) && !IsKnown(text))
        {
            // modules.json of sentence-transformers: a list of objects, each with the class to make.
            context.Add(ConfigRules.UnknownModule, path, walker.Offset, $"It makes a {ModelFormatException.Quote(text)}.");
        }
        else if (IsPlainValue(walker, size) && !JinjaTemplateScanner.Looks(text) && CodeText.Find(text) is { } code)
        {
            context.Add(ConfigRules.Code, path, walker.Offset, $"{ModelFormatException.Quote(key)} holds {code}.");
        }
    }

    /// <summary>True for a value of a configuration; not for words of a vocabulary, cells of a notebook, or examples of a data set.</summary>
    private static bool IsPlainValue(JsonWalker walker, long size) =>
        size <= LargestConfiguration && walker.Text.Length <= LongestPlainValue && walker.Path is [{ Length: > 0 } first, ..]
        && first is not ("model" or "added_tokens" or "added_tokens_decoder" or "vocab" or "merges" or "id2label" or "label2id" or "cells" or "scripts" or "data" or "examples" or "messages" or "rows" or "additional_special_tokens")
        && !walker.Path.Contains("vocab");

    private static void ScanYaml(string text, string path, ScanContext context)
    {
        if (YamlTags.FindPython(text) is >= 0 and var tag)
            context.Add(ConfigRules.PythonTag, path, tag, $"It has {ModelFormatException.Quote(Line(text, tag))}.");
        foreach ((string template, int offset) in YamlText.Values(text, ChatTemplate))
            JinjaTemplateScanner.Scan(template, $"{path}#{ChatTemplate}@{offset}", context);
        foreach ((string target, int offset) in YamlText.Values(text, "_target_"))
        {
            string called = target.Split(',', '}', '#')[0].Trim();
            if (IsDangerous(called))
                context.Add(ConfigRules.Target, path, offset, $"It calls {ModelFormatException.Quote(called)}.");
        }

        foreach ((string value, int offset) in YamlText.Values(text, "trust_remote_code"))
        {
            if (value.Split(',', '}', '#')[0].Trim().ToUpperInvariant() is "TRUE" or "YES" or "ON")
                context.Add(ConfigRules.TrustRemoteCode, path, offset, "It sets trust_remote_code.");
        }
    }

    private static string Line(string text, int at)
    {
        int end = text.IndexOf('\n', at);
        return text[at..(end < 0 ? text.Length : end)];
    }

    private static bool IsDangerous(string target)
    {
        int dot = target.IndexOf('.', StringComparison.Ordinal);
        string module = dot < 0 ? target : target[..dot];
        int last = target.LastIndexOf('.');
        if (last > 0 && !target.EndsWith(".compile", StringComparison.Ordinal)
            && GlobalPolicy.Judge(target[..last], target[(last + 1)..], torchScript: false) is GlobalStanding.Dangerous or GlobalStanding.Dotted or GlobalStanding.Scanner or GlobalStanding.LoadsBytes)
            return true;
        return DangerousModules.Contains(module) || module is "eval" or "exec" or "open" or "__import__" or "compile" || target.Contains("__", StringComparison.Ordinal);
    }

    private static bool IsKnown(string module)
    {
        int dot = module.IndexOf('.', StringComparison.Ordinal);
        return KnownLibraries.Contains(dot < 0 ? module : module[..dot]);
    }

    private enum TextSort
    {
        Json,
        Yaml,
        Template,
    }
}
