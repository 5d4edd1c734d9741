using System.Text;
using Bulwark.Models;
using Bulwark.Models.Numpy;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;

namespace Bulwark.Tests.Models.Numpy;

public sealed class NpyFileTests
{
    internal static byte[] File(string header, byte[] data, byte major = 1)
    {
        byte[] text = Encoding.UTF8.GetBytes(header.PadRight(118 - (major == 1 ? 0 : 2)) + "\n");
        byte[] length = major == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes(text.Length);
        return [0x93, .. "NUMPY"u8, major, 0, .. length, .. text, .. data];
    }

    internal static string Header(string descr, string shape, string order = "False") => $"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}";

    private static Task<NpyFile> ReadAsync(byte[] bytes) => NpyFile.ReadAsync(new MemoryReader("weights.npy", bytes), CancellationToken.None);

    private static async Task RefusedAsync(string code, byte[] bytes) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(bytes))).Code);

    [Theory]
    [InlineData("'<f4'", "(2, 3)", 24, DType.F32)]
    [InlineData("'<f2'", "(5,)", 10, DType.F16)]
    [InlineData("'|b1'", "()", 1, DType.BOOL)]
    [InlineData("'<c16'", "(1,)", 16, DType.C128)]
    [InlineData("'<M8[ns]'", "(2,)", 16, DType.I64)]
    [InlineData("'>u1'", "(3,)", 3, DType.U8)]
    [InlineData("\"<i8\"", "(0, 7)", 0, DType.I64)]
    public async Task An_array_of_numbers_is_one_tensor(string descr, string shape, int length, DType dtype)
    {
        foreach (byte major in new byte[] { 1, 2, 3 })
        {
            NpyFile file = await ReadAsync(File(Header(descr, shape), new byte[length], major));
            Layout.AssertSound(file);
            TensorInfo tensor = Assert.Single(file.Tensors);
            Assert.Equal(("weights", dtype, (long)length), (tensor.Name, tensor.DType, tensor.Length));
        }
    }

    [Theory]
    [InlineData("'>f4'", "(2,)", "False", 8)]
    [InlineData("'<f4'", "(2, 3)", "True", 24)]
    [InlineData("'<U3'", "(2,)", "False", 24)]
    [InlineData("'|S5'", "(2,)", "False", 10)]
    [InlineData("'|V7'", "(2,)", "False", 14)]
    [InlineData("[('a', '<i4'), ('b', '<f8', (2,)), (('title', 'c'), [('d', '|u1')])]", "(2,)", "False", 42)]
    public async Task Other_arrays_are_read_but_hold_no_tensor(string descr, string shape, string order, int length)
    {
        NpyFile file = await ReadAsync(File(Header(descr, shape, order), new byte[length]));
        Assert.Empty(file.Tensors);
        Assert.Equal(length, file.Header.DataLength);
        Assert.False(file.Header.Descr.HasObjects);
        await RefusedAsync("BW1461", File(Header(descr, shape, order), new byte[length - 1]));
    }

    [Theory]
    [InlineData("'|O'")]
    [InlineData("'O'")]
    [InlineData("'O8'")]
    [InlineData("[('a', '<i4'), ('b', '|O')]")]
    [InlineData("[('a', [('b', [('c', 'O', (2, 2))])])]")]
    public async Task Objects_are_seen_however_deep_they_lie(string descr) =>
        Assert.True((await ReadAsync(File(Header(descr, "(1,)"), [0x80]))).Header.Descr.HasObjects);

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': [1]}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}")]
    [InlineData("{'descr': 'f4', 'fortran_order': False, 'shape': (__import__('os').system('id'),)}")]
    [InlineData("{'descr': '<q4', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '<<f4', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': 'f4', 'fortran_order': False, 'shape': (1,)} + {}")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    [InlineData("")]
    public async Task A_header_that_is_no_literal_of_three_keys_is_refused(string header) => await RefusedAsync("BW1460", File(header, new byte[64]));

    [Fact]
    public async Task A_header_length_is_held_against_the_file_before_anything_is_allocated()
    {
        await RefusedAsync("BW1460", [0x93, .. "NUMPY"u8, 2, 0, 0, 0, 0, 0x80, (byte)'{']);
        await RefusedAsync("BW1460", [0x93, .. "NUMPY"u8, 1, 0]);
        await RefusedAsync("BW1460", [0x93, .. "NUMPY"u8, 9, 0, 0, 0, 0, 0, 0]);
        Assert.Equal("BW1460", (await Assert.ThrowsAsync<ModelFormatException>(() =>
            NpyFile.ReadAsync(new HeadOnlyReader([0x93, .. "NUMPY"u8, 2, 0, 0, 0, 0, 0x40], 4L << 30, "x.npy"), CancellationToken.None))).Code);
    }

    [DataFact]
    public async Task Every_npy_case_of_the_corpus_is_refused_or_read_as_labelled()
    {
        foreach ((string path, string label) in Corpus.Cases("npy"))
        {
            Exception? refusal = await Record.ExceptionAsync(async () => await ReadAsync(await System.IO.File.ReadAllBytesAsync(path)));
            Assert.True(label == "malformed" == refusal is ModelFormatException, $"{path}: {label}, {refusal?.Message}");
        }
    }

    [Fact]
    public async Task Damaged_arrays_are_refused_or_soundly_mapped()
    {
        foreach (string descr in new[] { "'<f4'", "[('a', '<i4'), ('b', '<f8', (2,)), (('title', 'c'), [('d', '|u1')])]" })
            await ParserFuzz.RunAsync(File(Header(descr, "(2, 3)"), new byte[126]), 128, async r => Layout.AssertSound(await NpyFile.ReadAsync(r, CancellationToken.None)));
    }
}
