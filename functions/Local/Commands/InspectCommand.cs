using System.CommandLine;
using Bulwark.Models;
using Bulwark.Storage;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark inspect MODEL</c>.</summary>
internal static class InspectCommand
{
    private const int ShownTensors = 200;

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string> model = Arguments.Path("MODEL", "The model file.");
        return new ExampleCommand("inspect", "Show format, tensors, dtypes, sizes and what can carry a watermark; nothing is executed.", "bulwark inspect model.safetensors")
        {
            model,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            await using IObjectReader reader = await LocalHost.OpenFileAsync(parsed.GetValue(model)!, cancellationToken);
            ModelFile file = await ModelFile.OpenAsync(reader, cancellationToken);
            Show(terminal, InspectDocument.Of(file));
            return ExitCode.Good;
        });
    }

    private static void Show(Terminal terminal, InspectDocument document) =>
        terminal.Show(document, CliJson.Default.InspectDocument, console =>
        {
            Terminal.Facts(console,
                ("model", document.Path),
                ("format", document.Format),
                ("size", Arguments.Size(document.Size)),
                ("tensors", document.Tensors.Count == 0 ? null : $"{document.Tensors.Count}, {document.Parameters:N0} elements"),
                ("unmapped", document.Unmapped.Count == 0 ? null : $"{document.Unmapped.Count} tensors"),
                ("watermark", document.Markable ? "can be written in place" : $"none: {document.NotMarkableBecause}"));
            foreach ((string key, string value) in document.Metadata)
                Terminal.Facts(console, (Terminal.Printable(key), Terminal.Printable(value)));
            if (document.Tensors.Count + document.Unmapped.Count == 0)
                return;
            Table table = new() { Border = TableBorder.Rounded };
            table.AddColumns("tensor", "dtype", "shape");
            table.AddColumn(new TableColumn("bytes").RightAligned());
            table.AddColumn("mark");
            foreach (TensorDocument tensor in document.Tensors.Take(ShownTensors))
                table.AddRow(new Text(Terminal.Printable(tensor.Name)), new Text(tensor.DType), new Text($"[{string.Join(", ", tensor.Shape)}]"), new Text($"{tensor.Length:N0}"), new Text(tensor.NotMarkableBecause ?? "yes"));
            foreach (UnmappedTensorDocument tensor in document.Unmapped.Take(ShownTensors - Math.Min(ShownTensors, document.Tensors.Count)))
                table.AddRow(new Text(Terminal.Printable(tensor.Name)), new Text(tensor.DType ?? "?"), new Text($"[{string.Join(", ", tensor.Shape)}]"), new Text("-"), new Text(tensor.Why));
            console.Write(table);
            if (document.Tensors.Count + document.Unmapped.Count > ShownTensors)
                console.WriteLine($"… and {document.Tensors.Count + document.Unmapped.Count - ShownTensors} more; --json lists them all.");
        });
}
