using System.Numerics;

namespace Bulwark.Models.Pickle;

/// <summary>An integer that does not fit 64 bits.</summary>
/// <param name="value">The integer.</param>
internal sealed class PickleBigInteger(BigInteger value) : PickleValue
{
    /// <summary>The integer.</summary>
    public BigInteger Value { get; } = value;
}
