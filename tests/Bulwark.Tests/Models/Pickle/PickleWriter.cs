using System.Buffers.Binary;
using System.Text;
using Bulwark.Models.Pickle;

namespace Bulwark.Tests.Models.Pickle;

/// <summary>Writes pickles opcode by opcode, honest and otherwise, for tests.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public PickleWriter Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Raw(string latin1) => Raw(Encoding.Latin1.GetBytes(latin1));

    public PickleWriter Op(params PickleOpcode[] opcodes)
    {
        foreach (PickleOpcode opcode in opcodes)
            _bytes.Add((byte)opcode);
        return this;
    }

    public PickleWriter Proto(byte version) => Op(PickleOpcode.Proto).Raw(version);

    public PickleWriter Frame(long length) => Op(PickleOpcode.Frame).Raw(Int64(length));

    public PickleWriter Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return utf8.Length < 256
            ? Op(PickleOpcode.ShortBinUnicode).Raw((byte)utf8.Length).Raw(utf8)
            : Op(PickleOpcode.BinUnicode).Raw(Int32(utf8.Length)).Raw(utf8);
    }

    public PickleWriter Bytes(ReadOnlySpan<byte> bytes) => bytes.Length < 256
        ? Op(PickleOpcode.ShortBinBytes).Raw((byte)bytes.Length).Raw(bytes)
        : Op(PickleOpcode.BinBytes8).Raw(Int64(bytes.Length)).Raw(bytes);

    public PickleWriter Int(int value) => Op(PickleOpcode.BinInt).Raw(Int32(value));

    public PickleWriter Global(string module, string name) => Op(PickleOpcode.Global).Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleWriter StackGlobal(string module, string name) => Text(module).Text(name).Op(PickleOpcode.StackGlobal);

    public PickleWriter Put(byte index) => Op(PickleOpcode.BinPut).Raw(index);

    public PickleWriter Get(byte index) => Op(PickleOpcode.BinGet).Raw(index);

    /// <summary>Calls module.name with one text.</summary>
    public PickleWriter Call(string module, string name, string argument) =>
        Global(module, name).Text(argument).Op(PickleOpcode.Tuple1, PickleOpcode.Reduce);

    public PickleWriter Stop() => Op(PickleOpcode.Stop);

    public static byte[] Int32(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] Int64(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }
}
