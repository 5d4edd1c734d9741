using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Bulwark.Models;

namespace Bulwark.Tests.Models;

/// <summary>Each rule of the format by itself (huggingface/safetensors README.md and tensor.rs), and each of our limits.</summary>
public sealed class SafetensorsFileTests
{
    /// <summary>A file with this header, its true length in front, and so many bytes of data.</summary>
    internal static byte[] FileOf(string header, int dataLength = 0) => FileOf(Encoding.UTF8.GetBytes(header), dataLength);

    internal static byte[] FileOf(byte[] header, int dataLength = 0)
    {
        byte[] file = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        return file;
    }

    private static string Entry(string name, string dtype, string shape, string offsets) =>
        $$"""
        "{{name}}":{"dtype":"{{dtype}}","shape":[{{shape}}],"data_offsets":[{{offsets}}]}
        """;

    private static string Tensors(params string[] entries) => $"{{{string.Join(',', entries)}}}";

    private static async Task<ModelFile> OpenAsync(byte[] bytes) => await ModelFile.OpenAsync(new HeadOnlyReader(bytes), CancellationToken.None);

    private static async Task RefusedAsync(string code, byte[] bytes, string name = "model.bin")
    {
        (ModelFile? file, string? actual) = await new HeadOnlyReader(bytes, name).TryOpenAsync();
        Assert.Null(file);
        Assert.Equal(code, actual);
    }

    [Fact]
    public async Task Tensors_come_in_the_order_of_their_bytes_whatever_the_order_of_the_header()
    {
        ModelFile file = await OpenAsync(FileOf(Tensors(
            Entry("late", "F32", "2,2", "8,24"), Entry("empty", "U8", "0", "8,8"), Entry("scalar", "I64", "", "0,8")) + "   ", 24));

        Assert.Equal(["scalar", "empty", "late"], file.Tensors.Select(t => t.Name));
        SafetensorsFile safetensors = Assert.IsType<SafetensorsFile>(file);
        Assert.Equal([0L, 8, 8], file.Tensors.Select(t => t.Offset - safetensors.DataOffset));
        Assert.Equal([8L, 0, 16], file.Tensors.Select(t => t.Length));
        Assert.Equal([1L, 0, 4], file.Tensors.Select(t => t.ElementCount));
        Assert.Empty(file.Tensors[0].Shape);
    }

    [Fact]
    public async Task A_file_without_tensors_is_legal()
    {
        ModelFile file = await OpenAsync(FileOf("{}"));
        Assert.Equal("safetensors", file.Format);
        Assert.Empty(file.Tensors);
    }

    [Fact]
    public async Task Metadata_is_read_wherever_it_stands()
    {
        ModelFile file = await OpenAsync(FileOf("""{"a":{"shape":[1],"data_offsets":[0,1],"dtype":"U8"},"__metadata__":{"format":"pt","":"\u00e9\ud83d\ude00"}}""", 1));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal("é😀", file.Metadata[""]);
    }

    [Fact]
    public async Task White_space_inside_the_json_is_legal() =>
        Assert.Single((await OpenAsync(FileOf("{ \"a\" :\n{\t\"dtype\":\"U8\" , \"shape\" : [ 1 ],\r\n \"data_offsets\": [0, 1] } }", 1))).Tensors);

    [Theory]
    [InlineData("F4", 4)]
    [InlineData("F6_E2M3", 6)]
    [InlineData("F6_E3M2", 6)]
    [InlineData("BOOL", 8)]
    [InlineData("U8", 8)]
    [InlineData("I8", 8)]
    [InlineData("F8_E5M2", 8)]
    [InlineData("F8_E4M3", 8)]
    [InlineData("F8_E8M0", 8)]
    [InlineData("F8_E4M3FNUZ", 8)]
    [InlineData("F8_E5M2FNUZ", 8)]
    [InlineData("I16", 16)]
    [InlineData("U16", 16)]
    [InlineData("F16", 16)]
    [InlineData("BF16", 16)]
    [InlineData("I32", 32)]
    [InlineData("U32", 32)]
    [InlineData("F32", 32)]
    [InlineData("C64", 64)]
    [InlineData("F64", 64)]
    [InlineData("I64", 64)]
    [InlineData("U64", 64)]
    public async Task Each_dtype_of_the_reference_has_its_width(string dtype, int bits)
    {
        // Four elements fill whole bytes at every width.
        TensorInfo tensor = Assert.Single((await OpenAsync(FileOf(Tensors(Entry("t", dtype, "4", $"0,{bits / 2}")), bits / 2))).Tensors);
        Assert.Equal(dtype, tensor.DType.ToString());
        Assert.Equal(bits, tensor.DType.BitWidth());
        await RefusedAsync("BW1411", FileOf(Tensors(Entry("t", dtype, "4", $"0,{(bits / 2) + 1}")), (bits / 2) + 1));
    }

    [Theory]
    [InlineData("F128")]
    [InlineData("f32")]
    [InlineData("F32 ")]
    [InlineData("17")]
    [InlineData("F32, F16")]
    [InlineData("")]
    public async Task A_dtype_outside_the_format_is_refused(string dtype) =>
        await RefusedAsync("BW1408", FileOf(Tensors(Entry("t", dtype, "1", "0,4")), 4));

    [Theory]
    [InlineData("F4", "3")]
    [InlineData("F6_E2M3", "2")]
    [InlineData("F6_E3M2", "")]
    public async Task Sub_byte_elements_that_do_not_fill_bytes_are_refused(string dtype, string shape) =>
        await RefusedAsync("BW1410", FileOf(Tensors(Entry("t", dtype, shape, "0,2")), 2));

    [Theory]
    [InlineData("4294967296,4294967296")]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775807,2")]
    [InlineData("4611686018427387904,4,0")]
    public async Task A_shape_that_overflows_is_refused(string shape) =>
        await RefusedAsync("BW1409", FileOf(Tensors(Entry("t", "F64", shape, "0,8")), 8));

    [Theory]
    [InlineData("-1", "0,4")]
    [InlineData("-0", "0,4")]
    [InlineData("1.0", "0,4")]
    [InlineData("1e0", "0,4")]
    [InlineData("9223372036854775808", "0,4")]
    [InlineData("18446744073709551617", "0,4")]
    [InlineData("\"1\"", "0,4")]
    [InlineData("null", "0,4")]
    [InlineData("[1]", "0,4")]
    [InlineData("1", "0,4.0")]
    [InlineData("1", "-4,0")]
    [InlineData("1", "0,4e0")]
    [InlineData("1", "9223372036854775808,9223372036854775812")]
    [InlineData("1", "0")]
    [InlineData("1", "")]
    [InlineData("1", "0,4,4")]
    [InlineData("1", "0,\"4\"")]
    public async Task A_number_that_is_no_unsigned_whole_number_in_range_is_refused(string shape, string offsets) =>
        await RefusedAsync("BW1407", FileOf(Tensors(Entry("t", "F32", shape, offsets)), 4));

    [Theory]
    [InlineData("01", "0,4")]
    [InlineData("+1", "0,4")]
    [InlineData("0x1", "0,4")]
    [InlineData("1,", "0,4")]
    [InlineData("NaN", "0,4")]
    public async Task A_number_that_is_no_json_is_refused(string shape, string offsets) =>
        await RefusedAsync("BW1404", FileOf(Tensors(Entry("t", "F32", shape, offsets)), 4));

    [Theory]
    [InlineData("BW1412", "4,0", 4)]
    [InlineData("BW1412", "0,8", 4)]
    [InlineData("BW1412", "9223372036854775803,9223372036854775807", 4)]
    [InlineData("BW1411", "0,3", 3)]
    [InlineData("BW1411", "0,5", 5)]
    [InlineData("BW1413", "4,8", 8)]
    [InlineData("BW1414", "0,4", 5)]
    public async Task A_range_that_is_reversed_outside_short_long_late_or_not_the_whole_is_refused(string code, string offsets, int dataLength) =>
        await RefusedAsync(code, FileOf(Tensors(Entry("t", "F32", "1", offsets)), dataLength));

    [Theory]
    [InlineData("BW1413", "0,4", "0,4", 4)] // the same bytes twice
    [InlineData("BW1413", "0,4", "2,6", 6)] // partial overlap
    [InlineData("BW1413", "0,4", "5,9", 9)] // a hole of one byte
    [InlineData("BW1413", "1,5", "5,9", 9)] // does not begin at 0
    [InlineData("BW1414", "0,4", "4,8", 9)] // one byte left over
    public async Task Tensors_that_do_not_tile_the_data_are_refused(string code, string first, string second, int dataLength)
    {
        await RefusedAsync(code, FileOf(Tensors(Entry("a", "F32", "1", first), Entry("b", "F32", "1", second)), dataLength));
        await RefusedAsync(code, FileOf(Tensors(Entry("b", "F32", "1", second), Entry("a", "F32", "1", first)), dataLength));
    }

    [Fact]
    public async Task An_empty_tensor_inside_another_is_refused() =>
        await RefusedAsync("BW1413", FileOf(Tensors(Entry("a", "F32", "1", "0,4"), Entry("z", "F32", "0", "2,2")), 4));

    [Theory]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"sh\u0061pe":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"x":1,"x":1}}""")]
    [InlineData("""{"__metadata__":{"k":"1","k":"1"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"__metadata__":{"k":"1","\u006b":"1"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"__metadata__":{},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"__metadata__":{}}""")]
    [InlineData("""{"__metadata__":{},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"__met\u0061data__":{}}""")]
    public async Task A_key_that_occurs_twice_is_refused_also_when_it_is_escaped(string header) =>
        await RefusedAsync("BW1406", FileOf(header, 2));

    [Theory]
    [InlineData("""{"a":[]}""")]
    [InlineData("""{"a":["U8",[2],[0,2]]}""")]
    [InlineData("""{"a":null}""")]
    [InlineData("""{"a":{}}""")]
    [InlineData("""{"a":{"shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2]}}""")]
    [InlineData("""{"a":{"dtype":5,"shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":2,"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":{"0":0,"1":2}}}""")]
    [InlineData("""{"":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"__metadata__":null}""")]
    [InlineData("""{"__metadata__":[]}""")]
    [InlineData("""{"__metadata__":"x"}""")]
    [InlineData("""{"__metadata__":{"a":1}}""")]
    [InlineData("""{"__metadata__":{"a":null}}""")]
    [InlineData("""{"__metadata__":{"a":{"b":"c"}}}""")]
    public async Task An_entry_of_another_form_is_refused(string header) => await RefusedAsync("BW1407", FileOf(header, 2));

    [Theory]
    [InlineData("{not json}")]
    [InlineData("{ ")]
    [InlineData("{\"a\"")]
    [InlineData("{\"a\":{\"dtype\":\"U8\"")]
    [InlineData("{}}")]
    [InlineData("{,}")]
    [InlineData("{/**/}")]
    [InlineData("{'a':1}")]
    [InlineData("{}\0\0")]
    [InlineData("{}\n")]
    [InlineData("{}{}")]
    [InlineData("{} x")]
    public async Task A_header_that_is_no_json_or_goes_on_after_it_is_refused(string header) =>
        await RefusedAsync(header.StartsWith("{}", StringComparison.Ordinal) ? "BW1416" : "BW1404", FileOf(header));

    [Theory]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", "61")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"?":"??"}}""", "3F")]
    public async Task Invalid_utf8_is_refused_in_names_and_where_nobody_looks(string header, string marker)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(header);
        int last = bytes.AsSpan().LastIndexOf(Convert.FromHexString(marker));
        // The 'a' of the second last key, or the last '?': any byte of a string will do.
        bytes[last] = 0xFF;
        await RefusedAsync("BW1405", FileOf(bytes, 2));
    }

    [Theory]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"\udc00\ud800":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"__metadata__":{"k":"\udfff"}}""")]
    [InlineData("""{"a":{"dtype":"\ud83d","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"x":[{"\ud800":1}]}}""")]
    public async Task Half_a_surrogate_pair_is_refused(string header) => await RefusedAsync("BW1405", FileOf(header, 2));

    [Fact]
    public async Task A_member_the_format_does_not_know_is_skipped_and_named()
    {
        SafetensorsFile file = Assert.IsType<SafetensorsFile>(await OpenAsync(FileOf(
            """{"a":{"x":[1,{"y":[[],"s",null,true]}],"dtype":"U8","z":-1.5e3,"shape":[2],"data_offsets":[0,2]}}""", 2)));
        Assert.Equal(["a.x", "a.z"], file.UnknownMembers);
        Assert.Single(file.Tensors);
    }

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("{\"a\":{\"x\":")]
    public async Task Deep_nesting_is_refused(string start)
    {
        (ModelFile? file, string? code) = await new HeadOnlyReader(FileOf(start + new string('[', 1_000_000))).TryOpenAsync();
        Assert.Null(file);
        Assert.Equal(start.Length > 5 ? "BW1404" : "BW1407", code);
    }

    [Fact]
    public async Task Each_limit_holds_at_its_value_and_refuses_one_more()
    {
        string ones = string.Join(',', Enumerable.Repeat("1", SafetensorsFile.MaxDimensions));
        await OpenAsync(FileOf(Tensors(Entry("t", "U8", ones, "0,1")), 1));
        await RefusedAsync("BW1415", FileOf(Tensors(Entry("t", "U8", ones + ",1", "0,1")), 1));

        string name = new('n', SafetensorsFile.MaxNameLength);
        await OpenAsync(FileOf(Tensors(Entry(name, "U8", "1", "0,1")), 1));
        await RefusedAsync("BW1415", FileOf(Tensors(Entry(name + "n", "U8", "1", "0,1")), 1));

        string Metadata(int count) => "{\"__metadata__\":{" + string.Join(',', Enumerable.Range(0, count).Select(i => $"\"{i}\":\"\"")) + "}}";
        Assert.Equal(SafetensorsFile.MaxMetadataEntries, (await OpenAsync(FileOf(Metadata(SafetensorsFile.MaxMetadataEntries)))).Metadata.Count);
        await RefusedAsync("BW1415", FileOf(Metadata(SafetensorsFile.MaxMetadataEntries + 1)));

        string Wide(int count) => Tensors([.. Enumerable.Range(0, count).Select(i => Entry(i.ToString("x", CultureInfo.InvariantCulture), "U8", ones[..^1] + "0", "0,0"))]);
        int widest = SafetensorsFile.MaxTotalDimensions / SafetensorsFile.MaxDimensions;
        Assert.Equal(widest, (await OpenAsync(FileOf(Wide(widest)))).Tensors.Count);
        await RefusedAsync("BW1415", FileOf(Wide(widest + 1)));

        string Many(int count) => Tensors([.. Enumerable.Range(0, count).Select(i => Entry($"model.layers.experts.{i}.weight", "U8", "0", "0,0"))]);
        Assert.Equal(SafetensorsFile.MaxTensors, (await OpenAsync(FileOf(Many(SafetensorsFile.MaxTensors)))).Tensors.Count);
        await RefusedAsync("BW1415", FileOf(Many(SafetensorsFile.MaxTensors + 1)));
    }

    [Fact]
    public async Task A_long_metadata_value_is_read_across_pieces_and_one_beyond_the_limit_is_refused()
    {
        string value = new('v', 5_000_000);
        Assert.Equal(value, (await OpenAsync(FileOf($$$"""{"__metadata__":{"k":"{{{value}}}"}}"""))).Metadata["k"]);
        await RefusedAsync("BW1415", FileOf($$$"""{"__metadata__":{"k":"{{{new string('v', SafetensorsFile.MaxTextLength)}}}"}}"""));
    }

    [Fact]
    public void Names_from_the_file_reach_messages_short_and_without_control_characters()
    {
        string message = ModelFormatException.UnknownDType("f", "a\u001b[31m\u202e\n" + new string('x', 10_000), "?").Message;
        Assert.True(message.Length < 200);
        Assert.DoesNotContain(message, c => char.IsControl(c) || c == '\u202e');
        Assert.Contains(@"\u{1B}", message, StringComparison.Ordinal);
    }
}
