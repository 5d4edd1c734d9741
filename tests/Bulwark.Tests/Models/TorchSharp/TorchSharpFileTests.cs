using Bulwark.Models;
using Bulwark.Models.TorchSharp;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;

namespace Bulwark.Tests.Models.TorchSharp;

public sealed class TorchSharpFileTests
{
    private static Task<TorchSharpFile?> TryReadAsync(byte[] bytes) => TorchSharpFile.TryReadAsync(new MemoryReader("model.dat", bytes), CancellationToken.None);

    [DataFact]
    public async Task Real_files_are_mapped_and_their_weights_are_the_ones_of_the_other_formats()
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("models", "torchsharp", "digits_cnn.dat"));
        TorchSharpFile digits = Assert.IsType<TorchSharpFile>(await TryReadAsync(bytes));
        Assert.Equal(digits.Tensors.Count, DigitsCnn.Check(digits, bytes));

        foreach ((string name, TorchSharpKind kind, int tensors) in new[] { ("bug510.dat", TorchSharpKind.StateDict, 6), ("adam1.dat", TorchSharpKind.Optimizer, 0), ("sgd1.dat", TorchSharpKind.Optimizer, 0), ("tensor2345.dat", TorchSharpKind.Tensor, 1) })
        {
            TorchSharpFile file = Assert.IsType<TorchSharpFile>(await TryReadAsync(await File.ReadAllBytesAsync(SharedData.PathOf("models", "torchsharp", name))));
            Layout.AssertSound(file);
            Assert.Equal((name, kind, tensors), (name, file.Kind, file.Tensors.Count));
        }
    }

    [DataFact]
    public async Task Nothing_else_among_the_samples_is_taken_for_a_state_dict()
    {
        foreach (string path in Directory.EnumerateFiles(SharedData.PathOf("models"), "*", SearchOption.AllDirectories))
        {
            if (!path.EndsWith(".dat", StringComparison.Ordinal) && new FileInfo(path).Length < 1 << 20)
                Assert.Null(await TryReadAsync(await File.ReadAllBytesAsync(path)));
        }
    }

    [DataFact]
    public async Task Every_case_of_the_corpus_is_refused_or_read_as_labelled()
    {
        foreach ((string path, string label) in Corpus.Cases("torchsharp"))
        {
            byte[] bytes = await File.ReadAllBytesAsync(path);
            Assert.Equal(label == "benign", await TryReadAsync(bytes) is not null);
            Exception? refusal = await Record.ExceptionAsync(() => TorchSharpFile.ReadAsync(new MemoryReader("x.dat", bytes), CancellationToken.None));
            Assert.True(label == "malformed" == refusal is ModelFormatException { Code: "BW1485" }, $"{path}: {label}, {refusal?.Message}");
        }
    }

    [Fact]
    public async Task A_module_without_parameters_is_one_zero_byte() => Assert.Empty(Assert.IsType<TorchSharpFile>(await TryReadAsync([0])).Tensors);

    [Theory]
    [InlineData("")]
    [InlineData("0000")]
    [InlineData("0101610601")]
    [InlineData("0201610601000161060100")] // the same name twice
    [InlineData("0101FF060100")] // a name that is not UTF-8
    [InlineData("010161080100")] // no such type
    [InlineData("0101610601" + "FFFFFFFFFFFFFFFF7F")]
    [InlineData("010161060341")]
    public async Task Broken_state_dicts_are_refused(string hex) => Assert.Null(await TryReadAsync(Convert.FromHexString(hex)));

    [DataTheory]
    [InlineData("bug510.dat")]
    [InlineData("adam1.dat")]
    [InlineData("tensor2345.dat")]
    public async Task Damaged_files_are_refused_or_soundly_mapped(string name)
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("models", "torchsharp", name));
        await ParserFuzz.RunAsync(bytes, 32, async r =>
        {
            if (await TorchSharpFile.TryReadAsync(r, CancellationToken.None) is { } file)
                Layout.AssertSound(file);
            await TorchSharpFile.ReadAsync(r, CancellationToken.None);
        });
    }
}
