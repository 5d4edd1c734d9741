using System.Text;

namespace Bulwark.Tests.Models.Torch;

/// <summary>The pickle of <c>{'w': tensor}</c> with one tensor, which may lie.</summary>
internal sealed class TorchPickle
{
    public string Key { get; init; } = "0";

    public int Elements { get; init; } = 4;

    public int Offset { get; init; }

    public int[] Shape { get; init; } = [4];

    public int[] Strides { get; init; } = [1];

    public byte[] Build()
    {
        using var bytes = new MemoryStream();
        void Write(string text) => bytes.Write(Encoding.Latin1.GetBytes(text));
        void Integer(int value)
        {
            Write("J");
            bytes.Write(BitConverter.GetBytes(value));
        }

        void Text(string text)
        {
            Write("X");
            bytes.Write(BitConverter.GetBytes(text.Length));
            Write(text);
        }

        void Tuple(int[] items)
        {
            Write("(");
            foreach (int item in items)
                Integer(item);
            Write("t");
        }

        Write("\u0080\u0002}");
        Text("w");
        Write("ctorch._utils\n_rebuild_tensor_v2\n((");
        Text("storage");
        Write("ctorch\nFloatStorage\n");
        Text(Key);
        Text("cpu");
        Integer(Elements);
        Write("tQ");
        Integer(Offset);
        Tuple(Shape);
        Tuple(Strides);
        Write("\u0089ccollections\nOrderedDict\n)RtRs.");
        return bytes.ToArray();
    }
}
