using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>Decompresses an object and stops when it is broken or a bomb.</summary>
internal sealed class CountingInflater : IDisposable
{
    private readonly IObjectReader _compressed;
    private readonly ObjectStream _source;
    private readonly BufferedStream _buffered;
    private readonly Stream _stream;
    private readonly InflationBudget _budget;
    private long _produced;

    /// <summary>Begins at the start.</summary>
    public CountingInflater(IObjectReader compressed, Inflated.Decoder decoder, InflationBudget budget)
    {
        const int BufferLength = 1 << 16;
        _compressed = compressed;
        _budget = budget;
        _source = new ObjectStream(compressed);
        _buffered = new BufferedStream(_source, BufferLength);
        _stream = decoder(_buffered);
    }

    /// <summary>Reads the next bytes; 0 at the end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read;
        try
        {
            read = await _stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw ModelFormatException.BadCompression(_compressed.Source.Name, "it does not decompress", e);
        }

        catch (NotSupportedException e)
        {
            throw ModelFormatException.NotInspected(_compressed.Source.Name, _compressed.Source.Name, e.Message.TrimEnd('.'));
        }

        _produced += read;
        _budget.Spend(read, _compressed.Source.Name);
        if (_produced > InflationBudget.RatioFloor && _produced / _budget.MaxRatio > Math.Max(1, _source.Position))
            throw ModelFormatException.InflatesTooFar(_compressed.Source.Name, FormattableString.Invariant($"{_source.Position} bytes inflate to more than {_produced}"));
        return read;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _stream.Dispose();
        _buffered.Dispose();
        _source.Dispose();
    }
}
