using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>Opens compressed content as an object: held in memory when it is small, otherwise decompressed front to back as it is read.</summary>
internal static class Inflated
{
    private const int PieceLength = 1 << 18;

    /// <summary>Makes a stream that decompresses another one.</summary>
    public delegate Stream Decoder(Stream compressed);

    /// <summary>Decompresses once to the end, which finds what is broken and how long it is.</summary>
    /// <param name="compressed">The compressed bytes.</param>
    /// <param name="decoder">The method.</param>
    /// <param name="budget">What it may spend.</param>
    /// <param name="declared">The length that it should have; null when none is declared.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ModelFormatException">BW1422 broken data, BW1423 a bomb.</exception>
    public static async Task<IObjectReader> OpenAsync(IObjectReader compressed, Decoder decoder, InflationBudget budget, long? declared, CancellationToken cancellationToken)
    {
        string name = compressed.Source.Name;
        using var stream = new CountingInflater(compressed, decoder, budget);
        List<byte[]>? held = [];
        long length = 0;
        byte[]? piece = null;
        int filled = 0;
        while (true)
        {
            piece ??= new byte[PieceLength];
            int read = await stream.ReadAsync(piece.AsMemory(filled), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                break;
            length += read;
            if (declared is { } most && length > most)
                throw ModelFormatException.BadCompression(name, FormattableString.Invariant($"there are more than the {most} bytes it declares"));
            filled += read;
            if (length > budget.MaxHeldBytes)
                held = null;
            if (filled < PieceLength)
                continue;
            held?.Add(piece);
            piece = held is null ? piece : null;
            filled = 0;
        }

        if (declared is { } due && length != due)
            throw ModelFormatException.BadCompression(name, FormattableString.Invariant($"there are {length} bytes instead of the {due} it declares"));
        if (held is null)
            return new ForwardReader(compressed, decoder, budget, length);
        if (filled > 0)
            held.Add(piece!);
        return new PieceReader(name, held, PieceLength, length);
    }
}
