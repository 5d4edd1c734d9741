using Bulwark.Models;
using Bulwark.Models.Gguf;
using Bulwark.Models.Onnx;
using Bulwark.Models.TorchSharp;
using Bulwark.Storage;
using Bulwark.Tests.Models.Gguf;
using Bulwark.Tests.Models.Onnx;

namespace Bulwark.Tests.Models;

/// <summary>The most a map may hold, whatever the file says. Runs alone: it looks at the memory of the whole process.</summary>
[Collection(nameof(MemoryBoundTests))]
[CollectionDefinition(nameof(MemoryBoundTests), DisableParallelization = true)]
public sealed class MemoryBoundTests
{
    private const long Budget = 64 << 20;

    [Fact]
    public async Task A_map_of_as_many_tensors_as_are_allowed_fits_the_budget()
    {
        await MeasureAsync(Gguf(GgufFile.MaxTensors), async r => await GgufFile.ReadAsync(r, CancellationToken.None));
        await MeasureAsync(Onnx(OnnxFile.MaxTensors, i => $"tensor.{i}"), async r => await OnnxFile.ReadAsync(r, CancellationToken.None));
        await MeasureAsync(TorchSharp(TorchSharpFile.MaxTensors), async r => await TorchSharpFile.ReadAsync(r, CancellationToken.None));
    }

    [Fact]
    public async Task One_tensor_more_is_refused()
    {
        await Assert.ThrowsAsync<ModelFormatException>(() => GgufFile.ReadAsync(new MemoryReader("m", Gguf(GgufFile.MaxTensors + 1)), CancellationToken.None));
        await Assert.ThrowsAsync<ModelFormatException>(() => OnnxFile.ReadAsync(new MemoryReader("m", Onnx(OnnxFile.MaxTensors + 1, i => $"t{i}")), CancellationToken.None));
        await Assert.ThrowsAsync<ModelFormatException>(() => OnnxFile.ReadAsync(new MemoryReader("m", Onnx(1000, i => new string('n', 16_000) + i)), CancellationToken.None));
        await Assert.ThrowsAsync<ModelFormatException>(() => TorchSharpFile.ReadAsync(new MemoryReader("m", TorchSharp(TorchSharpFile.MaxTensors + 1)), CancellationToken.None));
    }

    [Fact]
    public async Task Names_of_nodes_that_hold_no_tensor_are_not_kept()
    {
        // Twenty megabytes of names, as a graph of a hundred thousand nodes has.
        Proto node = OnnxBuilder.Node("Add", new string('o', 100), null, "", new string('n', 100));
        Proto graph = OnnxBuilder.Graph();
        for (int i = 0; i < 100_000; i++)
            graph.Message(1, node);
        Assert.Empty((await OnnxFile.ReadAsync(new MemoryReader("m", OnnxBuilder.Model(graph)), CancellationToken.None)).Tensors);
    }

    private static async Task MeasureAsync(byte[] bytes, Func<IObjectReader, Task<ModelFile>> open)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        ModelFile file = await open(new MemoryReader("m", bytes));
        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(held < Budget, $"{file.Format} holds {held:N0} bytes for {file.Tensors.Count:N0} tensors");
    }

    private static byte[] Gguf(int count)
    {
        var builder = new GgufBuilder();
        for (int i = 0; i < count; i++)
            builder.Tensor($"{i}{new string('n', 50)}", 0, [1, 1, 1, 0], []);
        return builder.Build();
    }

    private static byte[] Onnx(int count, Func<int, string> name)
    {
        var graph = new Proto();
        for (int i = 0; i < count; i++)
            graph.Message(5, OnnxBuilder.Tensor(name(i), [1, 1, 1, 1], 3, [0]));
        return OnnxBuilder.Model(graph);
    }

    private static byte[] TorchSharp(int count)
    {
        List<byte> bytes = [.. Proto.Varint((ulong)count)];
        for (int i = 0; i < count; i++)
        {
            byte[] name = System.Text.Encoding.ASCII.GetBytes($"tensor.{i}");
            bytes.AddRange([(byte)name.Length, .. name, 1, 4, 1, 1, 1, 0]);
        }

        return [.. bytes];
    }
}
