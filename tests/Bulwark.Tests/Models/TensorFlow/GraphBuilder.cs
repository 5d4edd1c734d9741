using System.Buffers.Binary;
using System.Text;
using Bulwark.Models.TensorFlow;
using Bulwark.Tests.Models.Onnx;

namespace Bulwark.Tests.Models.TensorFlow;

/// <summary>Writes small TensorFlow files.</summary>
internal static class GraphBuilder
{
    public static Proto Node(string name, string operation, params string[] inputs)
    {
        Proto node = new Proto().Text(1, name).Text(2, operation);
        foreach (string input in inputs)
            node.Text(3, input);
        return node;
    }

    public static Proto Constant(string name, int type, long[] shape, byte[] content) =>
        Node(name, "Const").Message(5, Attribute("value", new Proto().Message(8, Tensor(type, shape).Bytes(4, content))));

    public static Proto Text(string name, params string[] texts)
    {
        Proto tensor = Tensor(7, []);
        foreach (string text in texts)
            tensor.Text(8, text);
        return Node(name, "Const").Message(5, Attribute("value", new Proto().Message(8, tensor)));
    }

    public static Proto With(this Proto node, string key, string text) => node.Message(5, Attribute(key, new Proto().Text(2, text)));

    public static Proto Graph(Proto[] nodes, params (string Name, Proto[] Nodes)[] functions)
    {
        var graph = new Proto();
        foreach (Proto node in nodes)
            graph.Message(1, node);
        var library = new Proto();
        foreach ((string name, Proto[] inner) in functions)
        {
            Proto function = new Proto().Message(1, new Proto().Text(1, name));
            foreach (Proto node in inner)
                function.Message(3, node);
            library.Message(1, function);
        }

        return functions.Length == 0 ? graph : graph.Message(2, library);
    }

    public static Proto MetaGraph(Proto[] nodes, params (string Name, Proto[] Nodes)[] functions) =>
        new Proto().Message(1, new Proto().Text(4, "serve").Text(5, "2.15.0")).Message(2, Graph(nodes, functions));

    public static byte[] SavedModel(Proto[] nodes, params (string Name, Proto[] Nodes)[] functions) =>
        new Proto().Number(1, 1).Message(2, MetaGraph(nodes, functions)).Build();

    public static byte[] KerasMetadata(string json) =>
        new Proto().Message(1, new Proto().Text(2, "root").Text(3, "_tf_keras_sequential").Text(4, json)).Build();

    public static byte[] Index(params (string Name, int Type, long[] Shape, long Offset, long Length)[] variables)
    {
        var block = new List<byte>();
        byte[] last = [];
        foreach ((string name, byte[] value) in variables
            .Select(v => (v.Name, new Proto().Number(1, v.Type).Message(2, Shape(v.Shape)).Number(4, v.Offset).Number(5, v.Length).Build()))
            .Prepend(("", new Proto().Number(1, 1).Build())))
        {
            byte[] key = Encoding.UTF8.GetBytes(name);
            int shared = key.AsSpan().CommonPrefixLength(last);
            block.AddRange([.. Proto.Varint((ulong)shared), .. Proto.Varint((ulong)(key.Length - shared)), .. Proto.Varint((ulong)value.Length), .. key[shared..], .. value]);
            last = key;
        }

        byte[] data = Block(block);
        byte[] handle = [.. Proto.Varint(0), .. Proto.Varint((ulong)data.Length - 5)];
        byte[] index = Block([0, 1, (byte)handle.Length, (byte)'z', .. handle]);
        byte[] footer = new byte[48];
        ((byte[])[0, 0, .. Proto.Varint((ulong)data.Length), .. Proto.Varint((ulong)index.Length - 5)]).CopyTo(footer, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(footer.AsSpan(40), 0xDB4775248B80FB57);
        return [.. data, .. index, .. footer];
    }

    private static byte[] Block(List<byte> entries)
    {
        byte[] block = [.. entries, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        byte[] checksum = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, Crc32C.Mask(Crc32C.Of(block)));
        return [.. block, .. checksum];
    }

    private static Proto Tensor(int type, long[] shape) => new Proto().Number(1, type).Message(2, Shape(shape));

    private static Proto Shape(long[] shape) => shape.Aggregate(new Proto(), (s, d) => s.Message(2, new Proto().Number(1, d)));

    private static Proto Attribute(string key, Proto value) => new Proto().Text(1, key).Message(2, value);
}
