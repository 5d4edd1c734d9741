namespace Bulwark.Functions.Hosting;

/// <summary>
/// A token that fires before the platform's deadline, early enough for the work to be stopped cleanly: an upload aborted, a claim given
/// back, an error told. What the platform stops itself leaves all of that to time-outs.
/// </summary>
public sealed class DeadlineSource : IDisposable
{
    /// <summary>The least time that is left for stopping.</summary>
    public static readonly TimeSpan LeastMargin = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _time;
    private readonly CancellationTokenSource _either;

    /// <summary>Starts the clock.</summary>
    /// <param name="deadline">The platform's deadline; <see cref="DateTimeOffset.MaxValue"/> for none.</param>
    /// <param name="margin">
    /// How long before it the token fires: at least <see cref="LeastMargin"/>, and no more than half of the time there is, or a function
    /// with a short time-out would never begin.
    /// </param>
    /// <param name="clock">The clock.</param>
    /// <param name="stop">Fires the token as well, because the process is asked to end.</param>
    public DeadlineSource(DateTimeOffset deadline, TimeSpan margin, TimeProvider clock, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(clock);
        if (deadline == DateTimeOffset.MaxValue)
        {
            _time = new CancellationTokenSource();
        }
        else
        {
            TimeSpan there = deadline - clock.GetUtcNow();
            TimeSpan kept = margin < there / 2 ? margin : there / 2;
            TimeSpan left = there - (kept > LeastMargin ? kept : LeastMargin);
            _time = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock);
        }

        _either = CancellationTokenSource.CreateLinkedTokenSource(_time.Token, stop);
    }

    /// <summary>Fires before the deadline.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether it fired for the deadline's sake.</summary>
    public bool IsReached => _time.IsCancellationRequested;

    /// <inheritdoc />
    public void Dispose()
    {
        _either.Dispose();
        _time.Dispose();
    }
}
