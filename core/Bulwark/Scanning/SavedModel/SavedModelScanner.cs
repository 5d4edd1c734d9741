using Bulwark.Models;
using Bulwark.Models.TensorFlow;
using Bulwark.Scanning.Keras;
using Bulwark.Storage;

namespace Bulwark.Scanning.SavedModel;

/// <summary>Scans files of TensorFlow: saved_model.pb, frozen graphs, .meta files, keras_metadata.pb and variables.index.</summary>
internal static class SavedModelScanner
{
    private const int HeadLength = 4096;
    private const int MostMetadata = 65_536;

    /// <summary>Whether a head is that of a graph or of Keras' metadata.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => TensorFlowForms.Of(head) is not null;

    /// <summary>Whether an end is that of an index of variables.</summary>
    public static bool LooksIndex(ReadOnlySpan<byte> tail) => TensorBundleIndex.Looks(tail);

    /// <summary>Scans one file.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(HeadLength, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        TensorFlowForm form = TensorFlowForms.Of(head) ?? TensorFlowForm.SavedModel;
        var judge = new GraphJudge(path, context);
        List<(string Path, long Offset, long Length)> metadata = [];
        var walk = new TensorFlowReader(content, form)
        {
            OnNode = judge.Node,
            OnAsset = judge.Asset,
            OnMetadata = (name, offset, length) =>
            {
                if (metadata.Count < MostMetadata)
                    metadata.Add((name, offset, length));
            },
        };
        try
        {
            await walk.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (walk.IsEmpty)
                context.Add(SavedModelRules.Malformed, path, 0, "It has no graph.");
        }
        catch (ModelFormatException e)
        {
            context.Add(SavedModelRules.Malformed, path, null, e.Message);
        }

        judge.Complete();
        foreach ((string name, long offset, long length) in metadata)
        {
            if (length > 0)
                await KerasConfigScanner.ScanAsync(new ReaderSection(content, "metadata", offset, length), $"{path}#{name}", depth, KerasSource.SavedModel, context, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Scans an index of variables.</summary>
    public static async Task ScanIndexAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        _ = depth;
        try
        {
            _ = await TensorBundleIndex.ReadAsync(content, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException e)
        {
            context.Add(SavedModelRules.BrokenIndex, path, null, e.Message);
        }
    }
}
