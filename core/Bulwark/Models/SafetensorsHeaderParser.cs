using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text.Json;

namespace Bulwark.Models;

/// <summary>
/// Reads a safetensors header piece by piece: one pass of tokens through a flat state machine, so that neither nesting
/// nor the length of the header costs stack or memory beyond the tensors it names.
/// </summary>
/// <param name="file">Name for messages.</param>
/// <param name="dataOffset">First byte of the tensors in the file.</param>
/// <param name="fileSize">Size of the file in bytes.</param>
internal sealed class SafetensorsHeaderParser(string file, long dataOffset, long fileSize)
{
    private const string MetadataKey = "__metadata__";
    private const int MaxJsonDepth = 64;
    private const int MaxUnknownMembersPerEntry = 16;
    private const int MaxUnknownMembersKept = 64;

    private readonly SafetensorsLayout _layout = new(file, dataOffset, fileSize);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly List<string> _unknown = [];
    private readonly HashSet<string> _unknownOfEntry = new(StringComparer.Ordinal);
    private readonly long[] _numbers = new long[SafetensorsFile.MaxDimensions];

    private JsonReaderState _json = new(new JsonReaderOptions { MaxDepth = MaxJsonDepth });
    private State _state = State.Start;
    private long _position;
    private long _textLength;
    private int _dimensions;
    private bool _hasMetadata;
    private string _key = "";
    private int _skipDepth;
    private int _count;
    private DType? _dtype;
    private ImmutableArray<long> _shape;
    private (long Begin, long End)? _range;

    private enum State
    {
        Start, Member,
        Metadata, MetadataKey, MetadataValue,
        Entry, EntryKey, DType, Shape, Dimension, Range, Offset, Unknown,
        Padding,
    }

    /// <summary>Takes the next bytes and returns how many of them are done with; the caller presents the rest again, with more behind.</summary>
    public int Consume(ReadOnlySpan<byte> bytes, long position, bool isFinal)
    {
        _position = position;
        int consumed = 0;
        if (_state != State.Padding)
        {
            var reader = new Utf8JsonReader(bytes, isFinal, _json);
            try
            {
                while (_state != State.Padding && reader.Read())
                    Step(ref reader);
            }
            catch (JsonException e)
            {
                throw ModelFormatException.BadJson(file, _position + reader.BytesConsumed, e);
            }

            _json = reader.CurrentState;
            consumed = (int)reader.BytesConsumed;
        }

        if (_state != State.Padding)
            return consumed;
        int stray = bytes[consumed..].IndexOfAnyExcept((byte)' ');
        return stray < 0 ? bytes.Length : throw ModelFormatException.BadPadding(file, _position + consumed + stray);
    }

    /// <summary>Closes the header: the JSON must have ended and the tensors must tile the rest of the file.</summary>
    public SafetensorsHeader Complete()
    {
        if (_state != State.Padding)
            throw ModelFormatException.BadJson(file, dataOffset);
        return new SafetensorsHeader(_layout.Complete(), _metadata, _unknown);
    }

    private void Step(ref Utf8JsonReader reader)
    {
        switch (_state)
        {
            case State.Start:
                Expect(reader.TokenType, JsonTokenType.StartObject, "the header is not an object");
                _state = State.Member;
                break;
            case State.Member when reader.TokenType == JsonTokenType.EndObject:
                _state = State.Padding;
                break;
            case State.Member:
                BeginMember(Text(ref reader));
                break;

            case State.Metadata:
                Expect(reader.TokenType, JsonTokenType.StartObject, "it is not an object of strings");
                _state = State.MetadataKey;
                break;
            case State.MetadataKey when reader.TokenType == JsonTokenType.EndObject:
                _state = State.Member;
                break;
            case State.MetadataKey:
                BeginMetadata(Text(ref reader));
                break;
            case State.MetadataValue:
                Expect(reader.TokenType, JsonTokenType.String, "a value is not a string");
                _metadata[_key] = Text(ref reader);
                _key = MetadataKey;
                _state = State.MetadataKey;
                break;

            case State.Entry:
                Expect(reader.TokenType, JsonTokenType.StartObject, "it is not an object");
                _state = State.EntryKey;
                break;
            case State.EntryKey when reader.TokenType == JsonTokenType.EndObject:
                EndEntry();
                break;
            case State.EntryKey:
                BeginEntryMember(Decode(ref reader));
                break;
            case State.DType:
                Expect(reader.TokenType, JsonTokenType.String, "the dtype is not a string");
                string name = Decode(ref reader);
                _dtype = DTypes.TryParse(name, out DType dtype) ? dtype : throw ModelFormatException.UnknownDType(file, _key, name);
                _state = State.EntryKey;
                break;
            case State.Shape:
                Expect(reader.TokenType, JsonTokenType.StartArray, "the shape is not an array");
                _count = 0;
                _state = State.Dimension;
                break;
            case State.Dimension when reader.TokenType == JsonTokenType.EndArray:
                _shape = [.. _numbers.AsSpan(0, _count)];
                _state = State.EntryKey;
                break;
            case State.Dimension:
                if (_count == SafetensorsFile.MaxDimensions)
                    throw ModelFormatException.LimitExceeded(file, $"dimensions of tensor {ModelFormatException.Quote(_key)}", SafetensorsFile.MaxDimensions);
                if (++_dimensions > SafetensorsFile.MaxTotalDimensions)
                    throw ModelFormatException.LimitExceeded(file, "dimensions of all tensors together", SafetensorsFile.MaxTotalDimensions);
                _numbers[_count++] = Number(ref reader, "a dimension");
                break;
            case State.Range:
                Expect(reader.TokenType, JsonTokenType.StartArray, "data_offsets is not an array");
                _count = 0;
                _state = State.Offset;
                break;
            case State.Offset when reader.TokenType == JsonTokenType.EndArray:
                _range = _count == 2 ? (_numbers[0], _numbers[1]) : throw Bad("data_offsets has not two numbers");
                _state = State.EntryKey;
                break;
            case State.Offset:
                if (_count == 2)
                    throw Bad("data_offsets has more than two numbers");
                _numbers[_count++] = Number(ref reader, "a data offset");
                break;
            case State.Unknown:
                Skip(ref reader);
                break;
        }
    }

    private void BeginMember(string key)
    {
        _key = key;
        if (key == MetadataKey)
        {
            if (_hasMetadata)
                throw ModelFormatException.DuplicateKey(file, "at the top", key);
            _hasMetadata = true;
            _state = State.Metadata;
            return;
        }

        if (key.Length == 0)
            throw Bad("a tensor has an empty name");
        if (key.Length > SafetensorsFile.MaxNameLength)
            throw ModelFormatException.LimitExceeded(file, $"characters in the name {ModelFormatException.Quote(key)}", SafetensorsFile.MaxNameLength);
        if (_names.Count == SafetensorsFile.MaxTensors)
            throw ModelFormatException.LimitExceeded(file, "number of tensors", SafetensorsFile.MaxTensors);
        if (!_names.Add(key))
            throw ModelFormatException.DuplicateKey(file, "at the top", key);
        _dtype = null;
        _shape = default;
        _range = null;
        _unknownOfEntry.Clear();
        _state = State.Entry;
    }

    private void BeginMetadata(string key)
    {
        if (_metadata.Count == SafetensorsFile.MaxMetadataEntries)
            throw ModelFormatException.LimitExceeded(file, "keys in __metadata__", SafetensorsFile.MaxMetadataEntries);
        if (!_metadata.TryAdd(key, ""))
            throw ModelFormatException.DuplicateKey(file, "in __metadata__", key);
        _key = key;
        _state = State.MetadataValue;
    }

    private void BeginEntryMember(string member)
    {
        (bool seen, State next) = member switch
        {
            "dtype" => (_dtype is not null, State.DType),
            "shape" => (!_shape.IsDefault, State.Shape),
            "data_offsets" => (_range is not null, State.Range),
            _ => (!_unknownOfEntry.Add(member), State.Unknown),
        };
        if (seen)
            throw ModelFormatException.DuplicateKey(file, $"in the entry {ModelFormatException.Quote(_key)}", member);
        if (next == State.Unknown)
        {
            if (_unknownOfEntry.Count > MaxUnknownMembersPerEntry)
                throw ModelFormatException.LimitExceeded(file, $"unknown members of tensor {ModelFormatException.Quote(_key)}", MaxUnknownMembersPerEntry);
            Charge(member);
            if (_unknown.Count < MaxUnknownMembersKept)
                _unknown.Add($"{_key}.{member}");
            _skipDepth = 0;
        }

        _state = next;
    }

    private void EndEntry()
    {
        if (_dtype is not { } dtype)
            throw Bad("it has no dtype");
        if (_shape.IsDefault)
            throw Bad("it has no shape");
        if (_range is not { } range)
            throw Bad("it has no data_offsets");
        _layout.Add(_key, dtype, _shape, range.Begin, range.End);
        _state = State.Member;
    }

    /// <summary>Walks over a value nobody reads. Its strings still have to be valid text.</summary>
    private void Skip(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                _skipDepth++;
                return;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                _skipDepth--;
                break;
            case JsonTokenType.PropertyName:
                Decode(ref reader);
                return;
            case JsonTokenType.String:
                Decode(ref reader);
                break;
        }

        if (_skipDepth == 0)
            _state = State.EntryKey;
    }

    /// <summary>Text that is kept, so that all of it together must stay within bounds.</summary>
    private string Text(ref Utf8JsonReader reader)
    {
        string text = Decode(ref reader);
        Charge(text);
        return text;
    }

    private void Charge(string text)
    {
        _textLength += text.Length;
        if (_textLength > SafetensorsFile.MaxTextLength)
            throw ModelFormatException.LimitExceeded(file, "characters in names and metadata", SafetensorsFile.MaxTextLength);
    }

    private string Decode(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // The reader's way of saying: malformed UTF-8, or an escaped surrogate without its other half.
            throw ModelFormatException.BadUnicode(file, _position + reader.TokenStartIndex, e);
        }
    }

    /// <summary>Digits only: a sign, a fraction or an exponent is not an unsigned integer to every reader.</summary>
    private long Number(ref Utf8JsonReader reader, string what)
    {
        Expect(reader.TokenType, JsonTokenType.Number, $"{what} is not a number");
        ReadOnlySpan<byte> digits = reader.ValueSpan;
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw Bad($"{what} is not an unsigned whole number");
        return Utf8Parser.TryParse(digits, out ulong number, out int used) && used == digits.Length && number <= long.MaxValue
            ? (long)number
            : throw Bad($"{what} is 2^63 or more");
    }

    private void Expect(JsonTokenType actual, JsonTokenType expected, string otherwise)
    {
        if (actual != expected)
            throw Bad(otherwise);
    }

    private ModelFormatException Bad(string why) => ModelFormatException.BadEntry(file, _key, why);
}
