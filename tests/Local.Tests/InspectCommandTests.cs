using System.Text.Json;
using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

/// <summary>What a person learns of a file before it is protected.</summary>
public sealed class InspectCommandTests : IDisposable
{
    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [DataTheory]
    [InlineData("safetensors/mnist.safetensors", "safetensors", true)]
    [InlineData("gguf/stories260K.gguf", "gguf", true)]
    [InlineData("onnx/basic_pitch_nmp.onnx", "onnx", null)]
    [InlineData("onnx/digits_cnn_external.onnx", "onnx", false)]
    [InlineData("torch-zip/mnist.pt", "pytorch", true)]
    [InlineData("torch-zip/silero_vad.jit", "torchscript", true)]
    [InlineData("torch-legacy/onet.pt", "pytorch-legacy", false)]
    [InlineData("torch-tar/tar_multi_dtype.tar", "pytorch-tar", false)]
    [InlineData("keras/mnist.keras", "keras", true)]
    [InlineData("keras/fer2013_mini_XCEPTION.hdf5", "hdf5", null)]
    [InlineData("numpy/note_events.npz", "npz", false)]
    [InlineData("tf-savedmodel/saved_model.pb", "savedmodel", false)]
    [InlineData("tf-savedmodel/variables/variables.index", "tensor-bundle", false)]
    [InlineData("torchsharp/digits_cnn.dat", "torchsharp", false)]
    public void Scan_and_inspect_name_the_format_and_inspect_says_what_can_be_marked(string name, string format, bool? markable)
    {
        string file = SharedData.PathOf(["models", .. name.Split('/')]);
        JsonElement scan = _cli.Run("scan", file, "--json").Json.GetProperty("files")[0];
        Assert.Equal(format, scan.GetProperty("format").GetString());
        JsonElement inspect = _cli.Run("inspect", file, "--json").Json;
        Assert.Equal(format, inspect.GetProperty("format").GetString());
        bool marks = inspect.GetProperty("markable").GetBoolean();
        Assert.Equal(markable ?? marks, marks);
        Assert.Equal(marks, !inspect.TryGetProperty("notMarkableBecause", out JsonElement why) || why.ValueKind == JsonValueKind.Null);
        Assert.NotEqual(0, inspect.GetProperty("tensors").GetArrayLength() + inspect.GetProperty("unmapped").GetArrayLength());
        Cli.Outcome table = _cli.Run("inspect", file);
        Assert.True(table.Code == 0, table.ToString());
        Assert.Contains(marks ? "can be written in place" : "none: ", table.Output, StringComparison.Ordinal);
    }

    [PythonTheory]
    [InlineData("mnist.pt")]
    public void A_marked_copy_of_a_PyTorch_file_is_a_sound_archive_that_carries_its_mark(string name)
    {
        string source = SharedData.PathOf("models", "torch-zip", name);
        Cli.Outcome embed = _cli.Run("watermark", "embed", source, "--out", _cli["marked.pt"], "--owner", "5");
        Assert.True(embed.Code == 0, embed.ToString());
        Shell.Run(PythonTheoryAttribute.Interpreter, "-c", "import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip())", _cli["marked.pt"]);
        Cli.Outcome detect = _cli.Run("watermark", "detect", _cli["marked.pt"], "--json");
        Assert.True(detect.Code == 0, detect.ToString());
        Assert.Equal(5u, detect.Json.GetProperty("ownerId").GetUInt32());
    }
}
