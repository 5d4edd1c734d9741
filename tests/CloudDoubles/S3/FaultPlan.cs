namespace Bulwark.CloudDoubles.S3;

/// <summary>Which calls go wrong, and how. The first rule that has an answer decides.</summary>
public sealed class FaultPlan
{
    private readonly Lock _lock = new();
    private readonly List<Func<S3Call, S3Fault?>> _rules = [];

    /// <summary>How many faults happened.</summary>
    public int Happened { get; private set; }

    /// <summary>Adds a rule.</summary>
    public FaultPlan Add(Func<S3Call, S3Fault?> rule)
    {
        lock (_lock)
            _rules.Add(rule);
        return this;
    }

    /// <summary>The next so many calls of an operation go wrong.</summary>
    public FaultPlan Next(string operation, S3Fault fault, int times = 1)
    {
        int left = times;
        return Add(call => call.Operation == operation && left-- > 0 ? fault : null);
    }

    /// <summary>
    /// A share of all calls goes wrong, each in one of these ways: 500 before and after the effect, 503, a reset before and after the
    /// effect, silence before and after the effect, and for reads an answer that breaks off.
    /// </summary>
    /// <param name="share">From 0 to 1.</param>
    /// <param name="seed">Seed of the choice.</param>
    public FaultPlan Share(double share, int seed)
    {
        Random random = new(seed);
        return Add(call =>
        {
            if (random.NextDouble() >= share)
                return null;
            return random.Next(8) switch
            {
                0 => S3Fault.InternalError(),
                1 => S3Fault.InternalError(afterEffect: true),
                2 => S3Fault.SlowDown(),
                3 => S3Fault.Reset(),
                4 => S3Fault.Reset(afterEffect: true),
                5 => S3Fault.Silence(),
                6 => S3Fault.Silence(afterEffect: true),
                _ => call.Operation == "GetObject" ? S3Fault.BrokenAnswer() : S3Fault.SlowDown(),
            };
        });
    }

    /// <summary>No call goes wrong any more.</summary>
    public void Clear()
    {
        lock (_lock)
            _rules.Clear();
    }

    internal S3Fault? Judge(S3Call call)
    {
        lock (_lock)
        {
            S3Fault? fault = _rules.Select(r => r(call)).FirstOrDefault(f => f is not null);
            if (fault is not null)
                Happened++;
            return fault;
        }
    }
}
