using Bulwark.Models;
using Bulwark.Testing;

namespace Bulwark.Tests.Models;

/// <summary>The model this project trained itself and ships under samples/.</summary>
public sealed class SampleModelTests
{
    private static readonly string Path = System.IO.Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");

    [Fact]
    public async Task The_sample_model_is_the_network_its_readme_describes()
    {
        ModelFile file = await ModelFile.OpenAsync(new HeadOnlyReader(await File.ReadAllBytesAsync(Path), "mnist-mlp.safetensors"), CancellationToken.None);

        Assert.Equal(
            ["fc1.weight [1024,784]", "fc1.bias [1024]", "fc2.weight [256,1024]", "fc2.bias [256]", "fc3.weight [10,256]", "fc3.bias [10]"],
            file.Tensors.Select(t => $"{t.Name} [{string.Join(',', t.Shape)}]"));
        Assert.All(file.Tensors, t => Assert.Equal(DType.F16, t.DType));
        Assert.Equal(1_068_810, file.Tensors.Sum(t => t.ElementCount));
        Assert.Equal("Apache-2.0", file.Metadata["license"]);
        Assert.Equal("99.12", file.Metadata["test_accuracy_percent"]);
    }

    [Fact]
    public async Task The_weights_of_the_sample_model_are_finite_and_spread()
    {
        byte[] bytes = await File.ReadAllBytesAsync(Path);
        ModelFile file = await ModelFile.OpenAsync(new HeadOnlyReader(bytes, "mnist-mlp.safetensors"), CancellationToken.None);
        foreach (TensorInfo tensor in file.Tensors)
        {
            var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Half>(bytes.AsSpan((int)tensor.Offset, (int)tensor.Length)).ToArray();
            Assert.All(values, v => Assert.True(Half.IsFinite(v)));
            Assert.True(values.Distinct().Count() > Math.Min(values.Length, 1000) / 2, tensor.Name);
        }
    }
}
