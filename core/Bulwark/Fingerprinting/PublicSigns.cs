using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>
/// The signs and buckets of the robust fingerprint: the AES blocks of <see cref="KeyedBlocks"/> under a key that everyone knows, so
/// that everyone gets the same fingerprint. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// <code>
/// key                    SHA-256("model-fingerprint/v1")
/// tensor's group g       tensor id SHA-256(UTF-8 canonical name)[0..8], domain 0, index g
/// column c, row r        tensor id "colsign\0", "rowsign\0", domain 0, index c / 128: bit c mod 128 of the block (bit i mod 8
///                        of byte i / 8) set is +1, else -1
/// </code>
/// </remarks>
internal sealed class PublicSigns : IDisposable
{
    private const int WordsInBlock = KeyedBlocks.BlockSize / sizeof(ulong);
    private const int RowWordsAtOnce = 64;

    private readonly KeyedBlocks _blocks = new(SHA256.HashData("model-fingerprint/v1"u8));
    private readonly ulong[] _rowWords = new ulong[RowWordsAtOnce];
    private ulong[] _columnWords = [];
    private long _firstRowWord = -RowWordsAtOnce;

    /// <summary>The id of a tensor: of its name without what wrappers of training frameworks put in front.</summary>
    public static ulong TensorId(string name) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(WatermarkKey.CanonicalName(name))));

    /// <summary>The blocks of consecutive groups of a tensor, valid until the next call of any member.</summary>
    public ReadOnlySpan<byte> Groups(ulong tensorId, long firstGroup, int count) =>
        _blocks.Compute(tensorId, KeyedBlocks.GroupDomain, firstGroup, count);

    /// <summary>The sign of a column below 65,536: +1 or -1.</summary>
    public short Column(int column)
    {
        if (_columnWords.Length == 0)
        {
            _columnWords = new ulong[TensorView.MaximumColumns / 64];
            Words("colsign\0"u8, 0, _columnWords);
        }

        return Sign(_columnWords[column / 64], column);
    }

    /// <summary>The sign of a row: +1 or -1. Cheap when asked in order.</summary>
    public short Row(long row)
    {
        long word = row / 64;
        if (word < _firstRowWord || word >= _firstRowWord + RowWordsAtOnce)
        {
            _firstRowWord = word / RowWordsAtOnce * RowWordsAtOnce;
            Words("rowsign\0"u8, _firstRowWord / WordsInBlock, _rowWords);
        }

        return Sign(_rowWords[word - _firstRowWord], (int)(row % 64));
    }

    public void Dispose() => _blocks.Dispose();

    private static short Sign(ulong word, int bit) => (word >> (bit & 63) & 1) == 1 ? (short)1 : (short)-1;

    private void Words(ReadOnlySpan<byte> id, long firstBlock, Span<ulong> words)
    {
        ReadOnlySpan<byte> blocks = _blocks.Compute(
            BinaryPrimitives.ReadUInt64LittleEndian(id), KeyedBlocks.GroupDomain, firstBlock, words.Length / WordsInBlock);
        for (int i = 0; i < words.Length; i++)
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(blocks[(i * sizeof(ulong))..]);
    }
}
