using System.Globalization;
using Bulwark.Models;
using Bulwark.Models.Onnx;
using Bulwark.Storage;

namespace Bulwark.Scanning.Onnx;

/// <summary>
/// Looks up the files beside a model in which its tensors are said to lie. They are never opened, and a name that leads out of the
/// model's folder is not even looked up.
/// </summary>
/// <param name="store">Where the model lies.</param>
/// <param name="model">The model.</param>
/// <param name="path">The model's path, for findings.</param>
/// <param name="context">Receives findings.</param>
internal sealed class OnnxDataFiles(IObjectStore store, ObjectRef model, string path, ScanContext context)
{
    private const int MostFiles = 4096;

    private readonly Dictionary<string, long?> _sizes = new(StringComparer.Ordinal);

    /// <summary>Checks that each range lies in its file.</summary>
    public async Task CheckAsync(IReadOnlyList<OnnxExternal> tensors, CancellationToken cancellationToken)
    {
        foreach (OnnxExternal tensor in tensors)
        {
            if (tensor["location"] is not { Length: > 0 } location || OnnxScanner.Leaves(location) is not null)
                continue;
            string name = Normalise(location);
            if (!_sizes.TryGetValue(name, out long? size))
            {
                if (_sizes.Count == MostFiles)
                {
                    context.Add(OnnxRules.ExternalRange, path, tensor.Position, string.Create(CultureInfo.InvariantCulture, $"Its tensors lie in more than {MostFiles} files; not all were looked up."));
                    return;
                }

                _sizes[name] = size = await FindAsync(tensor, location, name, cancellationToken).ConfigureAwait(false);
            }

            // What is not there is not here to be judged: the model may have been fetched alone.
            if (size is { } end && Last(tensor) is { } last && last > end)
            {
                context.Add(OnnxRules.ExternalRange, path, tensor.Position,
                    string.Create(CultureInfo.InvariantCulture, $"Tensor {ModelFormatException.Quote(tensor.Tensor)} ends at {last} of {ModelFormatException.Quote(location)}, which has {end} bytes."));
            }
        }
    }

    private async Task<long?> FindAsync(OnnxExternal tensor, string location, string name, CancellationToken cancellationToken)
    {
        try
        {
            string folder = model.Name[..(model.Name.LastIndexOf('/') + 1)];
            return (await store.FindAsync(model.Container, folder + name, cancellationToken).ConfigureAwait(false))?.Size;
        }
        catch (StorageException error) when (error.Code == "BW1008")
        {
            context.Add(OnnxRules.ExternalLink, path, tensor.Position, $"Tensor {ModelFormatException.Quote(tensor.Tensor)} lies in {ModelFormatException.Quote(location)}, and {error.Message}");
        }
        catch (StorageException error) when (error.Code == "BW1002")
        {
            context.Add(OnnxRules.ExternalPath, path, tensor.Position, $"Tensor {ModelFormatException.Quote(tensor.Tensor)} lies in {ModelFormatException.Quote(location)}, and {error.Message}");
        }

        return null;
    }

    // Exporters write "./weights.bin", too.
    private static string Normalise(string location) => string.Join('/', location.Split('/').Where(part => part is not ("" or ".")));

    private static Int128? Last(OnnxExternal tensor) => Number(tensor["offset"]) is { } offset && Number(tensor["length"]) is { } length ? (Int128)offset + length : null;

    // The checker's own rule about numbers is the reader's.
    private static long? Number(string? text) =>
        text is null ? 0 : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
