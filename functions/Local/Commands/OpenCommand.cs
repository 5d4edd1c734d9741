using System.CommandLine;
using Bulwark.Local;
using Bulwark.Protection;
using Bulwark.Storage;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark open NAME.enc --out FILE</c>.</summary>
internal static class OpenCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string> body = Arguments.Path("NAME.enc", "The protected model: a path or, with --cloud aws, its key in the bucket of protected models.");
        Option<string> output = new("--out") { Description = "Where the model is written.", Required = true, HelpName = "FILE" };
        Option<string?> range = new("--range") { Description = "Only these bytes of the model.", HelpName = "OFFSET:LENGTH" };
        Option<bool> force = new("--force") { Description = "Replace FILE if it exists." };
        Option<string?> cloud = Workplace.Cloud();
        return new ExampleCommand(
            "open",
            "Verify, then decrypt.",
            "bulwark open model.safetensors.enc --out model.safetensors",
            "bulwark open model.safetensors.enc --out header.bin --range 0:4096",
            "bulwark open fraud.safetensors.enc --cloud aws --out fraud.safetensors")
        {
            body, output, range, force, cloud,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            (string container, string name) = Workplace.Locate(parsed.GetValue(body)!, parsed.GetValue(cloud));
            (string folder, string file) = Arguments.Locate(parsed.GetValue(output)!);
            (long Offset, long Length)? part = parsed.GetValue(range) is { } text ? Arguments.Range(text) : null;
            bool replace = parsed.GetValue(force);
            if (folder == container && ProtectedNames.ForBody(name) is { } names && names.All.Contains(file))
                throw UsageException.BadOption("--out", "it is a part of the protected model itself", "Name another file.");

            await using Workplace place = await Workplace.OpenAsync(parsed.GetValue(cloud), cancellationToken);
            FolderObjectStore disk = new();
            if (!replace && await disk.FindAsync(folder, file, cancellationToken) is not null)
                throw UsageException.OutputExists(Path.Combine(folder, file));
            await using OpenedModel opened = await place.Opener.OpenAsync(container, name, cancellationToken);
            // A killed run leaves a hidden file of plaintext.
            await LocalHost.SweepAsync(disk, folder, cancellationToken);
            await using IObjectWriter writer = await disk.CreateAsync(
                folder, file, replace ? WriteCondition.Any : WriteCondition.IfAbsent, cancellationToken);
            await terminal.WithProgressAsync(progress => part is { } bytes
                ? opened.CopyRangeToAsync(bytes.Offset, bytes.Length, writer, cancellationToken)
                : opened.CopyToAsync(writer, progress, cancellationToken));
            VerifyCommand.Show(terminal, OpenedDocument.Of(opened, Path.Combine(folder, file), part is null ? null : parsed.GetValue(range)));
            return ExitCode.Good;
        });
    }
}
