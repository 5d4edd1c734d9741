using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Protection;

/// <summary>The watermark of one model on its way through the two passes: measured, planned, written, read back.</summary>
internal sealed class WatermarkWork : IDisposable
{
    private readonly ModelFile _model;
    private readonly WatermarkKey? _key;
    private readonly WatermarkSettings? _settings;
    private readonly WatermarkMode _mode;
    private readonly string? _reason;
    private readonly WatermarkMeter? _before;
    private WatermarkPlan? _plan;
    private WatermarkMarker? _marker;
    private FragileSeal? _seal;
    private WatermarkMeter? _after;
    private WatermarkMeter? _afterDecoded;

    private WatermarkWork(ModelFile model, WatermarkKey? key, WatermarkSettings? settings, WatermarkMode mode, string? reason)
    {
        _model = model;
        _key = key;
        _settings = settings;
        _mode = mode;
        _reason = reason;
        if (key is null || settings is null)
            return;
        if (settings.Seal && model.NotMarkable is null && model.Tensors.Any(FragileSeal.IsEligible))
            _seal = new FragileSeal(key);
        if (reason is null)
            _before = new WatermarkMeter([key], mode, toMark: true);
    }

    /// <summary>True when pass 1 is needed.</summary>
    public bool Measures => _before is not null;

    /// <summary>True when pass 2 changes bytes.</summary>
    public bool Changes => _marker is not null || _seal is not null;

    /// <summary>Decides whether a model can carry a mark.</summary>
    public static WatermarkWork For(ModelFile model, WatermarkKey? key, WatermarkSettings? settings)
    {
        string? reason = settings is null || key is null ? "no watermark was asked for" : Markability.WhyNot(model);
        return new WatermarkWork(model, key, settings, Watermarker.ChooseMode(model.Tensors), reason);
    }

    /// <summary>Pass 1: gathers statistics.</summary>
    public void Measure(FileWindow window, ReadOnlySpan<byte> bytes)
    {
        foreach (TensorSlice slice in window.Slices)
            _before?.Add(slice, bytes.Slice(slice.WindowOffset, slice.Length));
    }

    /// <summary>Between the passes: solves for the strength of every bit. Nothing is marked when the weights are all zero.</summary>
    /// <returns>What is about to be written; null when nothing is.</returns>
    /// <exception cref="WatermarkException">A field of the payload or the budget does not fit.</exception>
    public IssuedWatermark? Plan(string modelName, DateTimeOffset now)
    {
        if (_before is null || _before.Statistics[0].Elements == 0)
            return null;
        string modelId = _settings!.ModelId ?? modelName;
        WatermarkPayload payload = WatermarkPayload.Create(_key!, _settings.OwnerId, modelId);
        double budget = _settings.Budget ?? Watermarker.DefaultBudget(Watermarker.CountElements(_model.Tensors, _mode));
        _plan = WatermarkPlan.Solve(_before.Statistics[0], payload, budget);
        _marker = new WatermarkMarker(_key!, _plan);
        _after = new WatermarkMeter([_key!], _mode, toMark: true);
        _afterDecoded = new WatermarkMeter([_key!], _mode, toMark: true);
        return new IssuedWatermark(_key!.Id, payload.ToString(), payload.OwnerId, modelId, modelName, now);
    }

    /// <summary>Pass 2: marks, then seals.</summary>
    public void Apply(FileWindow window, Span<byte> bytes)
    {
        foreach (TensorSlice slice in window.Slices)
        {
            Span<byte> piece = bytes.Slice(slice.WindowOffset, slice.Length);
            _marker?.Apply(slice, piece);
            _seal?.Apply(slice, piece);
        }
    }

    /// <summary>Pass 2: reads back what was written into floating-point weights, from groups that are at hand.</summary>
    public void Check(TensorInfo tensor, GroupBatch batch)
    {
        if (_mode == WatermarkMode.Elements)
            _after?.Add(tensor, batch);
    }

    /// <summary>Pass 2, beside it: reads back the rest, which must be decoded first.</summary>
    public ValueTask CheckDecodedAsync(FileWindow window, ReadOnlyMemory<byte> bytes)
    {
        foreach (TensorSlice slice in window.Slices)
        {
            if (_mode == WatermarkMode.BlockScales || !Watermarker.IsEligible(slice.Tensor))
                _afterDecoded?.Add(slice, bytes.Span.Slice(slice.WindowOffset, slice.Length));
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>After both passes: what the weights carry now.</summary>
    /// <param name="issued">What was planned.</param>
    /// <param name="before">The exact roots of the source; null when its weights were left as they are.</param>
    /// <param name="after">The fingerprints of what was written; null when there are no tensors.</param>
    public WatermarkReceipt Receipt(IssuedWatermark? issued, ExactFingerprint? before, ModelFingerprint? after) => Receipt(issued) with
    {
        ContentRootBefore = (before ?? after?.Exact)?.ContentRoot.ToString(),
        ContentRoot = after?.Exact.ContentRoot.ToString(),
    };

    private WatermarkReceipt Receipt(IssuedWatermark? issued)
    {
        if (_plan is null || issued is null)
            return WatermarkReceipt.NotApplied(_reason ?? "all weights are zero or not finite", _seal is not null);
        WatermarkStatistics after = _after!.Statistics[0];
        after.Add(_afterDecoded!.Statistics[0]);
        WatermarkMatch? match = Watermarker.Detect([new WatermarkCandidate(_key!, after, [_plan.Payload])]).FirstOrDefault(m => m.Payload.Equals(_plan.Payload));
        double z = Watermarker.Correlate(after, _plan.Payload);
        List<TensorInfo> marked = [.. _model.Tensors.Where(t => MarkableTensors.CanMark(t, _mode))];
        return new WatermarkReceipt
        {
            Scheme = Watermarker.Scheme,
            Applied = true,
            Mode = _mode.Name(),
            KeyId = _key!.Id,
            KeyCommitment = _key.Commitment,
            Payload = issued.Payload,
            OwnerId = issued.OwnerId,
            ModelId = issued.ModelId,
            Elements = after.Elements,
            Budget = _plan.Budget,
            RelativeChange = _plan.RelativeChange,
            Margin = _plan.Margin,
            // What was read back decides: rounding can undo a plan, on weights at either end of their format's range.
            Promises = match is not { IsSignificant: true } ? WatermarkReceipt.PromisesNothing : _plan.Margin >= Watermarker.PayloadMargin ? "payload" : "presence",
            ZBefore = Watermarker.Correlate(_before!.Statistics[0], _plan.Payload),
            Z = z,
            Log10FalsePositive = match?.Log10FalsePositive ?? 0,
            Decoded = match?.Decoded ?? false,
            Sealed = _seal is not null,
            MarkedAt = issued.IssuedAt,
            TensorCount = marked.Count,
            Tensors = [.. marked.Take(WatermarkReceipt.MostTensorsListed).Select(t => $"{t.Name} {t.DType} [{string.Join(',', t.Shape)}]")],
        };
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _before?.Dispose();
        _after?.Dispose();
        _afterDecoded?.Dispose();
        _marker?.Dispose();
        _seal?.Dispose();
    }
}
