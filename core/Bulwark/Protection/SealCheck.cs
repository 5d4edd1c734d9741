using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Protection;

/// <summary>Checks the seal of a model under several keys while its bytes stream by.</summary>
internal sealed class SealCheck(IReadOnlyList<WatermarkKey> keys) : IDisposable
{
    private const int MostListed = 100;

    private readonly FragileSeal[] _seals = [.. keys.Select(k => new FragileSeal(k))];
    private readonly long[] _chunks = new long[keys.Count];
    private readonly long[] _brokenChunks = new long[keys.Count];
    private readonly List<string>[] _broken = [.. keys.Select(_ => new List<string>())];

    /// <summary>Checks a piece of a tensor.</summary>
    public void Add(TensorSlice slice, ReadOnlySpan<byte> bytes)
    {
        List<long> broken = [];
        for (int i = 0; i < _seals.Length; i++)
        {
            _chunks[i] += _seals[i].Check(slice, bytes, broken);
            _brokenChunks[i] += broken.Count;
            foreach (long chunk in broken.Take(MostListed - _broken[i].Count))
                _broken[i].Add($"{slice.Tensor.Name}#{chunk}");
            broken.Clear();
        }
    }

    /// <summary>The state under the key with the fewest broken chunks; null without keys.</summary>
    public SealReading? Best() => Enumerable.Range(0, keys.Count)
        .Select(i => new SealReading(keys[i].Id, _chunks[i], _brokenChunks[i], _broken[i]))
        .MinBy(r => r.BrokenChunks);

    /// <inheritdoc />
    public void Dispose() => Array.ForEach(_seals, s => s.Dispose());
}
