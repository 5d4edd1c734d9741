using System.CommandLine;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary>Options that signing and verifying share, named as the reference implementation names them.</summary>
internal static class SignatureOptions
{
    /// <summary>--ignore-paths.</summary>
    public static Option<string[]> IgnorePaths() => new("--ignore-paths")
    {
        Description = "Paths to leave out, each with everything under it. No wildcards.",
        AllowMultipleArgumentsPerToken = true,
        HelpName = "PATH",
    };

    /// <summary>--allow-symlinks.</summary>
    public static Option<bool> AllowSymlinks() => new("--allow-symlinks") { Description = "Follow symbolic links to files inside the model." };

    /// <summary>Tells what was signed.</summary>
    public static void Show(IAnsiConsole console, SignatureDocument document)
    {
        Terminal.Facts(
            console,
            ("model", document.Model),
            ("files", $"{document.Files}"),
            ("root", document.Root),
            ("signed by", document.SignedBy),
            ("identity", document.Identity),
            ("signature", document.Signature));
        foreach (string remark in document.Remarks)
            console.MarkupLineInterpolated($"[yellow]note[/] {Terminal.Printable(remark)}");
        foreach (string uncovered in document.Uncovered)
            console.MarkupLineInterpolated($"[yellow]not covered[/] {Terminal.Printable(uncovered)}");
    }
}
