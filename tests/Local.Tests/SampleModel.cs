using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Bulwark.Local.Cli.Tests;

/// <summary>Writes safetensors files of F32 weights that can carry a mark.</summary>
internal static class SampleModel
{
    public static byte[] Make(int elements, int seed)
    {
        float[] weights = new float[elements];
        Random random = new(seed);
        for (int i = 0; i < elements; i++)
            weights[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) / 16);
        return [.. Header($$"""{"w":{"dtype":"F32","shape":[{{elements}}],"data_offsets":[0,{{elements * 4L}}] } }"""), .. MemoryMarshal.AsBytes(weights.AsSpan())];
    }

    public static byte[] Header(string json)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return [.. length, .. text];
    }
}
