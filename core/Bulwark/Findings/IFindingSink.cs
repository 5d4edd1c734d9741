namespace Bulwark.Findings;

/// <summary>Where findings go: a file, a SIEM, a cloud's security centre.</summary>
public interface IFindingSink
{
    /// <summary>Delivers findings. A second delivery of the same finding must do no harm.</summary>
    Task WriteAsync(IReadOnlyList<Finding> findings, CancellationToken cancellationToken);
}
