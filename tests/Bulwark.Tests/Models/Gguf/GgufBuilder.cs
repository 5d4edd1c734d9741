using System.Text;

namespace Bulwark.Tests.Models.Gguf;

/// <summary>Writes GGUF files, right or wrong.</summary>
internal sealed class GgufBuilder
{
    private readonly List<byte> _keys = [];
    private readonly List<byte> _tensors = [];
    private readonly List<byte> _data = [];
    private int _keyCount;
    private int _tensorCount;

    public uint Version { get; init; } = 3;

    public int Alignment { get; init; } = 32;

    public long? DeclaredKeys { get; init; }

    public long? DeclaredTensors { get; init; }

    public static byte[] String(string text) => [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    public GgufBuilder Key(string key, int type, byte[] value)
    {
        _keys.AddRange([.. String(key), .. BitConverter.GetBytes(type), .. value]);
        _keyCount++;
        return this;
    }

    public GgufBuilder Text(string key, string value) => Key(key, 8, String(value));

    /// <summary>Adds a tensor; dimensions innermost first, as the file has them.</summary>
    public GgufBuilder Tensor(string name, int type, long[] dimensions, byte[] data, long? offset = null)
    {
        _data.AddRange(new byte[(Alignment - (_data.Count % Alignment)) % Alignment]);
        _tensors.AddRange([.. String(name), .. BitConverter.GetBytes(dimensions.Length), .. dimensions.SelectMany(BitConverter.GetBytes), .. BitConverter.GetBytes(type), .. BitConverter.GetBytes(offset ?? (long)_data.Count)]);
        _data.AddRange(data);
        _tensorCount++;
        return this;
    }

    public byte[] Build()
    {
        byte[] head =
        [
            .. "GGUF"u8, .. BitConverter.GetBytes(Version), .. BitConverter.GetBytes(DeclaredTensors ?? _tensorCount),
            .. BitConverter.GetBytes(DeclaredKeys ?? _keyCount), .. _keys, .. _tensors,
        ];
        byte[] pad = new byte[_tensorCount > 0 ? (Alignment - (head.Length % Alignment)) % Alignment : 0];
        return [.. head, .. pad, .. _data];
    }
}
