using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.State;
using Bulwark.Storage;
using Bulwark.Watermarking;

namespace Bulwark.Protection;

/// <summary>The watermark by itself: written into a copy of a model, or read from one.</summary>
public sealed class ModelWatermarker(IStateStore state, TimeProvider clock)
{
    private readonly WatermarkRegistry _registry = new(state);

    /// <summary>Writes a marked copy of a model and records its payload in the registry.</summary>
    /// <param name="source">The model; must not change meanwhile.</param>
    /// <param name="destination">Receives the copy; committed when it is whole.</param>
    /// <param name="key">Marks it.</param>
    /// <param name="settings">What to write.</param>
    /// <param name="progress">Told about the two passes.</param>
    /// <param name="cancellationToken">Stops the work; nothing is published then.</param>
    /// <exception cref="WatermarkException">The model cannot be marked (BW1603, BW1604).</exception>
    /// <exception cref="ModelFormatException">The file claims a format and breaks its rules.</exception>
    public async Task<WatermarkReceipt> EmbedAsync(
        IObjectReader source, IObjectWriter destination, WatermarkKey key, WatermarkSettings settings, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(settings);
        ModelFile model = await ModelFile.OpenAsync(source, cancellationToken);
        if (model.NotMarkable is not null || model.Tensors.Count == 0)
            throw WatermarkException.NotMarkable(source.Source.ToString(), model.Format, Markability.WhyNot(model)!);
        using WatermarkWork work = WatermarkWork.For(model, key, settings);
        ExactFingerprint? before = await TransformPass.MeasureAsync(model, work, progress, cancellationToken);
        string name = source.Source.Name[(source.Source.Name.LastIndexOf('/') + 1)..];
        IssuedWatermark issued = work.Plan(name, clock.GetUtcNow()) ?? throw WatermarkException.TooFewWeights(Watermarker.CountElements(model.Tensors, Watermarker.ChooseMode(model.Tensors)));
        await _registry.RecordAsync(issued, cancellationToken);
        TransformOutcome outcome = await TransformPass.RunAsync(model, work, destination.WriteAsync, progress, cancellationToken);
        await source.EnsureUnchangedAsync(cancellationToken);
        await destination.CommitAsync(cancellationToken);
        return work.Receipt(issued, before, outcome.Fingerprint);
    }

    /// <summary>Reads a model's watermark under each of the owner's keys and in each mode, with the registry of issued payloads.</summary>
    /// <param name="source">The model.</param>
    /// <param name="keys">The keys to try.</param>
    /// <param name="checkSeal">Also check the seal under each key.</param>
    /// <param name="progress">Told about the pass.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="WatermarkException">The format carries no mark (BW1604), or the registry cannot be read (BW1606).</exception>
    /// <exception cref="ModelFormatException">The file claims a format and breaks its rules.</exception>
    public async Task<WatermarkReading> DetectAsync(
        IObjectReader source, IReadOnlyList<WatermarkKey> keys, bool checkSeal, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(keys);
        ModelFile model = await ModelFile.OpenAsync(source, cancellationToken);
        if (model.Tensors.Count == 0)
            throw WatermarkException.NotMarkable(source.Source.ToString(), model.Format, Markability.WhyNot(model)!);

        using WatermarkMeter elements = new(keys, WatermarkMode.Elements, toMark: false);
        using WatermarkMeter scales = new(keys, WatermarkMode.BlockScales, toMark: false);
        using SealCheck? seal = checkSeal ? new SealCheck(keys) : null;
        await WindowPipeline.RunAsync(
            source,
            FileWindow.Cut(source.Source.Size, model.Tensors),
            prepare: null,
            [Each(elements.Add), Each(scales.Add), .. seal is null ? [] : new[] { Each(seal.Add) }],
            StageProgress.Of(progress, "read", source.Source.Size),
            cancellationToken);
        await source.EnsureUnchangedAsync(cancellationToken);

        List<WatermarkCandidate> candidates = [];
        Dictionary<WatermarkPayload, IssuedWatermark> issued = [];
        for (int i = 0; i < keys.Count; i++)
        {
            IReadOnlyDictionary<WatermarkPayload, IssuedWatermark> records = await _registry.ListAsync(keys[i], cancellationToken);
            foreach ((WatermarkPayload payload, IssuedWatermark record) in records)
                issued[payload] = record;
            // A mode that no tensor can be read in is no hypothesis.
            candidates.AddRange(new[] { elements.Statistics[i], scales.Statistics[i] }
                .Where(statistics => statistics.Elements > 0)
                .Select(statistics => new WatermarkCandidate(keys[i], statistics, [.. records.Keys])));
        }

        IReadOnlyList<WatermarkMatch> matches = Watermarker.Detect(candidates);
        return new WatermarkReading(
            MarkableTensors.CountRead(model.Tensors), matches, [.. matches.Select(m => issued.GetValueOrDefault(m.Payload))], seal?.Best(), UnreadTensors.Of(model.Tensors));
    }

    private static WindowPipeline.Consumer Each(Action<TensorSlice, ReadOnlySpan<byte>> use) => (window, bytes) =>
    {
        foreach (TensorSlice slice in window.Slices)
            use(slice, bytes.Span.Slice(slice.WindowOffset, slice.Length));
        return ValueTask.CompletedTask;
    };
}
