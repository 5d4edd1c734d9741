using System.Text;
using System.Text.RegularExpressions;
using Bulwark.Models;
using Bulwark.Storage;

namespace Bulwark.Scanning.Torch;

/// <summary>Looks through the code in archives of PyTorch: TorchScript, which PyTorch interprets, and Python, which packages run.</summary>
internal static partial class TorchCode
{
    private const int LongestText = 16 << 20;

    /// <summary>Modules that no model needs from its importer.</summary>
    private static readonly HashSet<string> DangerousModules = new(StringComparer.Ordinal)
    {
        "os", "posix", "nt", "sys", "subprocess", "socket", "shutil", "pty", "ctypes", "builtins", "__builtin__", "importlib", "runpy", "code", "codeop", "pickle", "_pickle",
        "cloudpickle", "dill", "marshal", "webbrowser", "urllib", "http", "ftplib", "smtplib", "telnetlib", "requests", "paramiko", "multiprocessing", "signal", "commands", "popen2",
        "asyncio", "threading", "tempfile", "pathlib", "glob", "platform", "pip", "setuptools", "ensurepip", "venv", "pdb", "bdb", "cProfile", "profile", "timeit", "trace",
        "antigravity", "base64", "codecs", "zipimport", "site", "gc", "inspect", "linecache", "fileinput", "mmap", "resource", "winreg", "_winapi", "msvcrt", "xmlrpc", "ssl", "select",
    };

    /// <summary>Namespaces of operators in PyTorch itself and its own domain libraries.</summary>
    private static readonly HashSet<string> KnownNamespaces = new(StringComparer.Ordinal)
    {
        "aten", "prim", "prims", "quantized", "_quantized", "prepacked", "mkldnn", "mkldnn_prepacked", "xnnpack", "sparse", "static_runtime", "tensorexpr", "inductor", "profiler", "rngprims",
        "torchvision", "torchaudio", "torchtext", "torchao", "fbgemm", "c10d", "_c10d_functional", "c10d_functional", "higher_order", "metal", "metal_prepacked", "vulkan", "vulkan_prepacked",
        "torch_scatter", "torch_sparse", "torch_cluster", "torch_spline_conv", "pyg", "quantization", "onnx", "cuda", "nvprims", "debugprims", "image", "video_reader", "_test", "dist_autograd",
    };

    /// <summary>The text of a member, as far as it is looked at.</summary>
    public static async Task<string> TextAsync(IObjectReader content, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[(int)Math.Min(LongestText, content.Source.Size)];
        await content.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>The modules that a package takes from its importer, one a line.</summary>
    public static void ScanExterns(string text, string path, ScanContext context)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (DangerousModules.Contains(line.Split('.')[0]))
                context.Add(TorchRules.DangerousExtern, path, null, $"It imports {ModelFormatException.Quote(line)} from outside.");
        }
    }

    /// <summary>Python that a package runs.</summary>
    public static void ScanPython(string text, string path, ScanContext context)
    {
        if (string.IsNullOrWhiteSpace(text))
            return;
        context.Add(TorchRules.PackageCode, path, null, FormattableString.Invariant($"There are {text.Length} characters of Python code."));
        if (CodeText.Find(text) is { } what)
            context.Add(TorchRules.DangerousCode, path, null, $"There is {what}.");
        foreach (Match import in Import().Matches(text))
        {
            foreach (string module in import.Groups["modules"].Value.Split(',', StringSplitOptions.TrimEntries))
            {
                string top = module.Split(' ', '.')[0];
                if (DangerousModules.Contains(top))
                    context.Add(TorchRules.DangerousCode, path, import.Index, $"The code imports {ModelFormatException.Quote(top)}.");
            }
        }
    }

    /// <summary>TorchScript as torch.jit.save prints it.</summary>
    public static void ScanScript(string text, string path, ScanContext context)
    {
        foreach (ValueMatch match in FileOperator().EnumerateMatches(text))
            context.Add(TorchRules.FileOperator, path, match.Index, $"The code calls {ModelFormatException.Quote(text.Substring(match.Index, match.Length))}.");

        foreach (ValueMatch match in Operator().EnumerateMatches(text))
        {
            string name = text.Substring(match.Index, match.Length);
            string space = name.Split('.')[1].Trim(' ', '\t', '\r', '\n', '\\');
            if (!KnownNamespaces.Contains(space))
                context.Add(TorchRules.UnknownOperator, path, match.Index, $"The code calls {ModelFormatException.Quote(name)}.");
        }
    }

    // Operators that touch files, also without their namespace as TorchScript prints them; space and joined lines are its lexer's to ignore.
    [GeneratedRegex(@"\b(?:torch|ops[\s\\]*\.[\s\\]*(?:aten|image))[\s\\]*\.[\s\\]*(?:from_file|save|load|read_file|write_file|_save_to_file)[\s\\]*\(", RegexOptions.NonBacktracking)]
    private static partial Regex FileOperator();

    [GeneratedRegex(@"(?:^|[;:])[ \t]*(?:import[ \t]+(?<modules>[\w., \t]+)|from[ \t]+(?<modules>[\w.]+)[ \t]+import\b)", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Import();

    [GeneratedRegex(@"\bops[\s\\]*\.[\s\\]*[A-Za-z_]\w*[\s\\]*\.[\s\\]*[A-Za-z_]\w*", RegexOptions.NonBacktracking)]
    private static partial Regex Operator();
}
