namespace Bulwark.Protection;

/// <summary>Turns a byte count into progress of one named stage.</summary>
internal sealed class StageProgress : IProgress<long>
{
    private readonly IProgress<ProtectionProgress> _progress;
    private readonly string _stage;
    private readonly long _total;

    private StageProgress(IProgress<ProtectionProgress> progress, string stage, long total)
    {
        _progress = progress;
        _stage = stage;
        _total = total;
    }

    /// <summary>Null when nobody listens.</summary>
    public static IProgress<long>? Of(IProgress<ProtectionProgress>? progress, string stage, long total) =>
        progress is null ? null : new StageProgress(progress, stage, total);

    /// <inheritdoc />
    public void Report(long value) => _progress.Report(new ProtectionProgress(_stage, value, _total));
}
