using System.Buffers.Binary;
using Bulwark.Models;
using Bulwark.Models.Gguf;
using Bulwark.Testing;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Watermarking;

/// <summary>A model in memory: tensors and the file's bytes.</summary>
internal sealed record TestModel(IReadOnlyList<TensorInfo> Tensors, byte[] Bytes)
{
    public static readonly byte[] Master = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static WatermarkKey Key(int seed = 0)
    {
        byte[] master = [.. Master];
        BinaryPrimitives.WriteInt32LittleEndian(master, BinaryPrimitives.ReadInt32LittleEndian(master) ^ seed);
        return WatermarkKey.FromMaster($"test-{seed}", master);
    }

    public static TestModel Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        var store = new MemoryObjectStore();
        using CancellationTokenSource none = new();
        var reader = store.OpenReadAsync(store.Put("c", Path.GetFileName(path), bytes), none.Token).GetAwaiter().GetResult();
        return new TestModel(ModelFile.OpenAsync(reader, none.Token).GetAwaiter().GetResult().Tensors, bytes);
    }

    /// <summary>Gaussian weights of the given shapes.</summary>
    public static TestModel Gaussian(DType dtype, int seed, long[][] shapes)
    {
        var random = new Random(seed);
        return Create(dtype, shapes, () => 0.02 * Normal(random));
    }

    public static TestModel Create(DType dtype, long[][] shapes, Func<double> next)
    {
        List<TensorInfo> tensors = [];
        long offset = 0;
        for (int t = 0; t < shapes.Length; t++)
        {
            long length = shapes[t].Aggregate(1L, (a, b) => a * b) * dtype.BitWidth() / 8;
            tensors.Add(new TensorInfo($"layer.{t}.weight", dtype, [.. shapes[t]], offset, length));
            offset += length;
        }

        var model = new TestModel(tensors, new byte[offset]);
        model.Map((_, _) => next());
        return model;
    }

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public TestModel Copy() => this with { Bytes = [.. Bytes] };

    /// <summary>The elements of a tensor, widened.</summary>
    public double[] Values(TensorInfo tensor)
    {
        int size = tensor.DType.BitWidth() / 8;
        return [.. Enumerable.Range(0, (int)(tensor.Length / size)).Select(i => GroupQuantizer.ReadElement(tensor.DType, Bytes.AsSpan((int)tensor.Offset + i * size, size)))];
    }

    /// <summary>The weights of a tensor of any type that can be decoded.</summary>
    public float[] Numbers(TensorInfo tensor)
    {
        float[] numbers = new float[tensor.ElementCount];
        Dequantizer.Decode(tensor.DType, Bytes.AsSpan((int)tensor.Offset, (int)tensor.Length), numbers);
        return numbers;
    }

    /// <summary>Rewrites every element of every tensor in place: the function gets tensor and old value.</summary>
    public TestModel Map(Func<TensorInfo, double, double> change)
    {
        foreach (TensorInfo tensor in Tensors)
        {
            int size = tensor.DType.BitWidth() / 8;
            for (int i = 0; i < tensor.Length; i += size)
            {
                Span<byte> element = Bytes.AsSpan((int)tensor.Offset + i, size);
                Write(tensor.DType, element, change(tensor, GroupQuantizer.ReadElement(tensor.DType, element)));
            }
        }

        return this;
    }

    /// <summary>What a cast to another dtype and back leaves, in the same file.</summary>
    public TestModel CastThrough(DType dtype)
    {
        byte[] element = new byte[dtype.BitWidth() / 8];
        return Copy().Map((_, value) =>
        {
            Write(dtype, element, value);
            return GroupQuantizer.ReadElement(dtype, element);
        });
    }

    public IEnumerable<TensorSlice> Slices(int length = FileWindow.ChunkLength)
    {
        foreach (TensorInfo tensor in Tensors)
        {
            for (long at = 0; at < tensor.Length; at += length)
                yield return new TensorSlice(tensor, at, (int)(tensor.Offset + at), (int)Math.Min(length, tensor.Length - at));
        }
    }

    public Span<byte> Of(TensorSlice slice) => Bytes.AsSpan(slice.WindowOffset, slice.Length);

    public WatermarkStatistics Measure(WatermarkKey key, VectorPath? path = null, WatermarkMode mode = WatermarkMode.Elements, bool toMark = false)
    {
        using var meter = new WatermarkMeter([key], mode, toMark, path ?? VectorPaths.Best);
        foreach (TensorSlice slice in Slices())
            meter.Add(slice, Of(slice));
        return meter.Statistics[0];
    }

    /// <summary>A marked copy.</summary>
    public TestModel Mark(WatermarkKey key, WatermarkPayload payload, double budget, VectorPath? path = null, WatermarkMode mode = WatermarkMode.Elements)
    {
        WatermarkPlan plan = WatermarkPlan.Solve(Measure(key, mode: mode, toMark: true), payload, budget);
        TestModel marked = Copy();
        using var marker = new WatermarkMarker(key, plan, path ?? VectorPaths.Best);
        foreach (TensorSlice slice in marked.Slices())
            marker.Apply(slice, marked.Of(slice));
        return marked;
    }

    public IReadOnlyList<WatermarkMatch> Detect(WatermarkKey key, params WatermarkPayload[] issued) =>
        Watermarker.Detect([new WatermarkCandidate(key, Measure(key), issued)]);

    /// <summary>Tries every mode, as the command does.</summary>
    public IReadOnlyList<WatermarkMatch> DetectInAll(WatermarkKey key, params WatermarkPayload[] issued) =>
        Watermarker.Detect([.. WatermarkModes.All.Select(mode => new WatermarkCandidate(key, Measure(key, mode: mode), issued)).Where(c => c.Statistics.Elements > 0)]);

    /// <summary>Nearest-even rounding, as frameworks cast.</summary>
    public static void Write(DType dtype, Span<byte> element, double value)
    {
        switch (dtype)
        {
            case DType.F16: BinaryPrimitives.WriteHalfLittleEndian(element, (Half)value); break;
            case DType.F32: BinaryPrimitives.WriteSingleLittleEndian(element, (float)value); break;
            case DType.F64: BinaryPrimitives.WriteDoubleLittleEndian(element, value); break;
            default:
                uint bits = BitConverter.SingleToUInt32Bits((float)value);
                bits += 0x7FFF + (bits >> 16 & 1);
                BinaryPrimitives.WriteUInt16LittleEndian(element, (ushort)(bits >> 16));
                break;
        }
    }
}
