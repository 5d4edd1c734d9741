using Bulwark.Models;

namespace Bulwark.Tests.Models;

/// <summary>What every map of a model file must satisfy.</summary>
internal static class Layout
{
    /// <summary>Tensors lie inside the file, in order, apart, and are as long as their types and shapes say.</summary>
    public static void AssertSound(ModelFile file)
    {
        long next = 0;
        foreach (TensorInfo tensor in file.Tensors)
        {
            Assert.True(tensor.Offset >= next, $"{tensor.Name} at {tensor.Offset} overlaps what ends at {next}");
            Assert.True(tensor.Length >= 0 && tensor.Length <= file.Reader.Source.Size - tensor.Offset, tensor.Name);
            if (tensor.DType.BitWidth() > 0)
                Assert.Equal((((Int128)tensor.ElementCount * tensor.DType.BitWidth()) + 7) / 8, tensor.Length);
            else
                Assert.True(tensor.DType.TryByteLength(tensor.ElementCount, out long length) && length == tensor.Length, tensor.Name);
            next = tensor.Offset + tensor.Length;
        }

        Assert.Equal(file.Tensors.Count, file.Tensors.Select(t => t.Name).Distinct().Count());
        foreach (TensorInfo tensor in file.Tensors)
            Assert.All(tensor.Shape, d => Assert.True(d >= 0));
    }
}
