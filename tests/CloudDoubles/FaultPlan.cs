namespace Bulwark.CloudDoubles;

/// <summary>
/// Decides which requests fail, and how: a share of all of them, the same ones in every run with the same seed and order.
/// Safe for concurrent use.
/// </summary>
public sealed class FaultPlan
{
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly Queue<FaultKind?> _next = new();
    private double _share;
    private FaultKind[] _kinds = Enum.GetValues<FaultKind>();

    /// <summary>Makes a plan in which nothing fails yet.</summary>
    public FaultPlan(int seed = 1) => _random = new Random(seed);

    /// <summary>How many requests were made to fail.</summary>
    public int Injected { get; private set; }

    /// <summary>Makes a share of all requests fail from now on.</summary>
    /// <param name="share">0 to 1.</param>
    /// <param name="kinds">How; all kinds when none is named.</param>
    public void Set(double share, params FaultKind[] kinds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        lock (_gate)
        {
            _share = share;
            _kinds = kinds.Length > 0 ? kinds : Enum.GetValues<FaultKind>();
        }
    }

    /// <summary>Decides the next requests one by one, before the share counts again; null lets one pass.</summary>
    public void Next(params FaultKind?[] faults)
    {
        lock (_gate)
        {
            foreach (FaultKind? fault in faults)
                _next.Enqueue(fault);
        }
    }

    /// <summary>Decides one request; null when it shall succeed.</summary>
    public FaultKind? Decide()
    {
        lock (_gate)
        {
            FaultKind? fault = _next.TryDequeue(out FaultKind? planned) ? planned
                : _share > 0 && _random.NextDouble() < _share ? _kinds[_random.Next(_kinds.Length)]
                : null;
            Injected += fault is null ? 0 : 1;
            return fault;
        }
    }
}
