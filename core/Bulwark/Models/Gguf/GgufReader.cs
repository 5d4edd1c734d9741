using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text;
using Bulwark.Storage;

namespace Bulwark.Models.Gguf;

/// <summary>Reads one GGUF header.</summary>
internal sealed class GgufReader
{
    private const uint DefaultAlignment = 32;
    private const string AlignmentKey = "general.alignment";
    private const string TemplateKey = "tokenizer.chat_template";
    private const int SmallestKey = 8 + 4 + 1;
    private const int SmallestTensor = 8 + 4 + 4 + 8;
    private const int StringType = 8;
    private const int ArrayType = 9;
    private const int BoolType = 7;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly IObjectReader _reader;
    private readonly string _file;
    private readonly ObjectCursor _cursor;
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly List<string> _unkept = [];
    private uint _alignment = DefaultAlignment;
    private string _where = "its first bytes";
    private int _keptText;

    public GgufReader(IObjectReader reader)
    {
        _reader = reader;
        _file = reader.Source.ToString();
        _cursor = new ObjectCursor(reader, offset => ModelFormatException.GgufTruncated(_file, _where, offset));
    }

    /// <summary>What was read of the metadata so far, also after a failure.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Keys of strings that were too long to keep.</summary>
    public IReadOnlyList<string> UnkeptKeys => _unkept;

    /// <summary>Reads and checks the header.</summary>
    public async Task<GgufFile> ReadAsync(CancellationToken cancellationToken)
    {
        await _cursor.RequireAsync(4, cancellationToken).ConfigureAwait(false);
        if (!GgufFile.Looks(_cursor.Take(4)))
            throw ModelFormatException.GgufVersion(_file, 0);
        uint version = await _cursor.UInt32Async(cancellationToken).ConfigureAwait(false);
        // A big-endian version 3 reads as 0x03000000: the reference's test.
        if (version != 0 && (version & 0xFFFF) == 0)
            throw ModelFormatException.GgufBigEndian(_file);
        if (version is not (2 or 3))
            throw ModelFormatException.GgufVersion(_file, version);
        ulong tensorCount = await _cursor.UInt64Async(cancellationToken).ConfigureAwait(false);
        ulong keyCount = await _cursor.UInt64Async(cancellationToken).ConfigureAwait(false);
        CheckCount(keyCount, "number of metadata keys", GgufFile.MaxKeys, SmallestKey);

        for (ulong i = 0; i < keyCount; i++)
            await ReadKeyAsync(cancellationToken).ConfigureAwait(false);
        CheckCount(tensorCount, "number of tensors", GgufFile.MaxTensors, SmallestTensor);
        var infos = new List<Entry>((int)tensorCount);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (ulong i = 0; i < tensorCount; i++)
        {
            Entry entry = await ReadTensorAsync(cancellationToken).ConfigureAwait(false);
            if (!names.Add(entry.Name))
                throw ModelFormatException.GgufBadTensor(_file, entry.Name, "the name is used twice");
            infos.Add(entry);
        }

        long dataOffset = Pad(_cursor.Position);
        return new GgufFile(_reader, Place(infos, dataOffset), _metadata, version, _alignment, infos.Count == 0 ? _cursor.Position : dataOffset, _unkept);
    }

    private void CheckCount(ulong count, string what, int limit, int smallest)
    {
        if (count > (ulong)(_cursor.Remaining / smallest))
            throw ModelFormatException.GgufTruncated(_file, string.Create(CultureInfo.InvariantCulture, $"what should be {count} ({what})"), _cursor.Position);
        if (count > (ulong)limit)
            throw ModelFormatException.GgufLimit(_file, what, limit);
    }

    private async ValueTask ReadKeyAsync(CancellationToken cancellationToken)
    {
        _where = "a metadata key";
        string key = await ReadTextAsync(GgufFile.MaxKeyLength, "bytes in a metadata key", cancellationToken).ConfigureAwait(false)
            ?? throw ModelFormatException.GgufBadValue(_file, "", "the key is not valid UTF-8");
        if (key.Length == 0)
            throw ModelFormatException.GgufBadValue(_file, key, "the key is empty");
        if (_metadata.ContainsKey(key))
            throw ModelFormatException.GgufBadValue(_file, key, "the key occurs twice");
        _keptText += key.Length;
        if (_keptText > GgufFile.MaxKeptText)
            throw ModelFormatException.GgufLimit(_file, "characters in all keys", GgufFile.MaxKeptText);

        _where = "the value of " + ModelFormatException.Quote(key);
        int type = (int)await _cursor.UInt32Async(cancellationToken).ConfigureAwait(false);
        _metadata[key] = type switch
        {
            StringType => await ReadStringAsync(key, cancellationToken).ConfigureAwait(false),
            ArrayType => await ReadArrayAsync(key, cancellationToken).ConfigureAwait(false),
            _ => await ReadScalarAsync(key, type, cancellationToken).ConfigureAwait(false),
        };
        if (type != StringType && (key == TemplateKey || key.StartsWith(TemplateKey + ".", StringComparison.Ordinal)))
            throw ModelFormatException.GgufBadValue(_file, key, "it is not a string");
        if (key != AlignmentKey)
            return;
        if (type != 4)
            throw ModelFormatException.GgufBadValue(_file, key, "it is not a 32-bit unsigned number");
        _alignment = uint.Parse(_metadata[key], CultureInfo.InvariantCulture);
        if (!BitOperations.IsPow2(_alignment))
            throw ModelFormatException.GgufBadValue(_file, key, "it is not a power of two");
    }

    private async ValueTask<string> ReadStringAsync(string key, CancellationToken cancellationToken)
    {
        long length = await ReadLengthAsync(GgufFile.MaxStringLength, "bytes in one string", cancellationToken).ConfigureAwait(false);
        if (length > GgufFile.MaxKeptText - _keptText)
        {
            _cursor.Skip(length);
            _unkept.Add(key);
            return "";
        }

        _keptText += (int)length;
        await _cursor.RequireAsync((int)length, cancellationToken).ConfigureAwait(false);
        // Values need not be valid text: tokens are arbitrary bytes.
        return Encoding.UTF8.GetString(_cursor.Take((int)length));
    }

    private async ValueTask<string> ReadArrayAsync(string key, CancellationToken cancellationToken)
    {
        int type = (int)await _cursor.UInt32Async(cancellationToken).ConfigureAwait(false);
        ulong count = await _cursor.UInt64Async(cancellationToken).ConfigureAwait(false);
        int smallest = type == StringType ? sizeof(ulong) : Width(type);
        if (smallest == 0)
            throw ModelFormatException.GgufBadValue(_file, key, type == ArrayType ? "it is an array of arrays" : "its element type is unknown");
        if (count > GgufFile.MaxArrayElements)
            throw ModelFormatException.GgufLimit(_file, $"elements of {ModelFormatException.Quote(key)}", GgufFile.MaxArrayElements);
        if (count > (ulong)(_cursor.Remaining / smallest))
            throw ModelFormatException.GgufTruncated(_file, _where, _cursor.Position);

        if (type == StringType)
        {
            for (ulong i = 0; i < count; i++)
                _cursor.Skip(await ReadLengthAsync(GgufFile.MaxStringLength, "bytes in one string", cancellationToken).ConfigureAwait(false));
        }
        else if (type == BoolType)
        {
            for (long left = (long)count; left > 0;)
            {
                await _cursor.PeekAsync(1 << 12, cancellationToken).ConfigureAwait(false);
                int taken = (int)Math.Min(left, _cursor.Buffered.Length);
                if (_cursor.Take(taken).ContainsAnyExceptInRange((byte)0, (byte)1))
                    throw ModelFormatException.GgufBadValue(_file, key, "a bool is neither 0 nor 1");
                left -= taken;
            }
        }
        else
        {
            _cursor.Skip((long)count * smallest);
        }

        return string.Create(CultureInfo.InvariantCulture, $"[{count}]");
    }

    private async ValueTask<string> ReadScalarAsync(string key, int type, CancellationToken cancellationToken)
    {
        int width = Width(type);
        if (width == 0)
            throw ModelFormatException.GgufBadValue(_file, key, "its type is unknown");
        await _cursor.RequireAsync(width, cancellationToken).ConfigureAwait(false);
        return Scalar(key, type, _cursor.Take(width));
    }

    private string Scalar(string key, int type, ReadOnlySpan<byte> bytes)
    {
        // Each arm makes its text itself: one type for all would be double, which has no room for 64-bit numbers.
        return type switch
        {
            0 => bytes[0].ToString(CultureInfo.InvariantCulture),
            1 => ((sbyte)bytes[0]).ToString(CultureInfo.InvariantCulture),
            2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
            3 => BinaryPrimitives.ReadInt16LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
            5 => BinaryPrimitives.ReadInt32LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
            6 => BinaryPrimitives.ReadSingleLittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
            BoolType => bytes[0] <= 1 ? (bytes[0] == 1 ? "true" : "false") : throw ModelFormatException.GgufBadValue(_file, key, "a bool is neither 0 nor 1"),
            10 => BinaryPrimitives.ReadUInt64LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
            11 => BinaryPrimitives.ReadInt64LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
            _ => BinaryPrimitives.ReadDoubleLittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        };
    }

    private static int Width(int type) => type switch
    {
        0 or 1 or BoolType => 1,
        2 or 3 => 2,
        4 or 5 or 6 => 4,
        10 or 11 or 12 => 8,
        _ => 0,
    };

    private async ValueTask<Entry> ReadTensorAsync(CancellationToken cancellationToken)
    {
        _where = "the list of tensors";
        string name = await ReadTextAsync(GgufFile.MaxNameLength, "bytes in a tensor name", cancellationToken).ConfigureAwait(false)
            ?? throw ModelFormatException.GgufBadTensor(_file, "", "the name is not valid UTF-8");
        if (name.Length == 0)
            throw ModelFormatException.GgufBadTensor(_file, name, "the name is empty");
        uint rank = await _cursor.UInt32Async(cancellationToken).ConfigureAwait(false);
        if (rank > GgufFile.MaxDimensions)
            throw ModelFormatException.GgufBadTensor(_file, name, string.Create(CultureInfo.InvariantCulture, $"it has {rank} dimensions"));

        long[] shape = new long[rank];
        Int128 count = 1;
        for (int i = 0; i < rank; i++)
        {
            long dimension = (long)await _cursor.UInt64Async(cancellationToken).ConfigureAwait(false);
            if (dimension < 0)
                throw ModelFormatException.GgufBadTensor(_file, name, "a dimension is negative");
            count *= dimension;
            if (count >= long.MaxValue)
                throw ModelFormatException.GgufBadTensor(_file, name, "its dimensions overflow 64-bit arithmetic");
            // Theirs begin with the innermost, ours with the outermost.
            shape[rank - 1 - i] = dimension;
        }

        int number = (int)await _cursor.UInt32Async(cancellationToken).ConfigureAwait(false);
        if (!GgufFile.TryGetType(number, out DType dtype))
            throw ModelFormatException.GgufBadTensor(_file, name, string.Create(CultureInfo.InvariantCulture, $"its type {number} is unknown"));
        long inner = rank == 0 ? 1 : shape[rank - 1];
        if (inner % dtype.BlockElements() != 0)
            throw ModelFormatException.GgufBadTensor(_file, name, string.Create(CultureInfo.InvariantCulture, $"its rows of {inner} elements are no whole blocks of {dtype}"));
        if (!dtype.TryByteLength((long)count, out long length))
            throw ModelFormatException.GgufBadTensor(_file, name, "its size overflows 64-bit arithmetic");
        ulong offset = await _cursor.UInt64Async(cancellationToken).ConfigureAwait(false);
        return new Entry(name, dtype, [.. shape], offset, length);
    }

    private ImmutableArray<TensorInfo> Place(List<Entry> entries, long dataOffset)
    {
        var tensors = ImmutableArray.CreateBuilder<TensorInfo>(entries.Count);
        long next = 0;
        foreach (Entry entry in entries)
        {
            if (entry.Offset != (ulong)next)
                throw ModelFormatException.GgufLayout(_file, entry.Name, next, entry.Offset);
            if (entry.Length > _reader.Source.Size - dataOffset - next)
                throw ModelFormatException.GgufTruncated(_file, "tensor " + ModelFormatException.Quote(entry.Name), dataOffset + next);
            tensors.Add(new TensorInfo(entry.Name, entry.DType, entry.Shape, dataOffset + next, entry.Length));
            next = Pad(next + entry.Length);
        }

        return tensors.MoveToImmutable();
    }

    /// <summary>Rounds up; a position never reaches 2^62, so the sum stays in range.</summary>
    private long Pad(long position) => (position + _alignment - 1) / _alignment * _alignment;

    private async ValueTask<long> ReadLengthAsync(long limit, string what, CancellationToken cancellationToken)
    {
        ulong length = await _cursor.UInt64Async(cancellationToken).ConfigureAwait(false);
        if (length > (ulong)_cursor.Remaining)
            throw ModelFormatException.GgufTruncated(_file, _where, _cursor.Position);
        return length <= (ulong)limit ? (long)length : throw ModelFormatException.GgufLimit(_file, what, limit);
    }

    private async ValueTask<string?> ReadTextAsync(int limit, string what, CancellationToken cancellationToken)
    {
        int length = (int)await ReadLengthAsync(limit, what, cancellationToken).ConfigureAwait(false);
        await _cursor.RequireAsync(length, cancellationToken).ConfigureAwait(false);
        try
        {
            return StrictUtf8.GetString(_cursor.Take(length));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private readonly record struct Entry(string Name, DType DType, ImmutableArray<long> Shape, ulong Offset, long Length);
}
