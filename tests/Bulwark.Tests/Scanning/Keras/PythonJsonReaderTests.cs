using System.Text;
using System.Text.Json;
using Bulwark.Scanning.Keras;
using Bulwark.Storage;
using CsCheck;

namespace Bulwark.Tests.Scanning.Keras;

public sealed class PythonJsonReaderTests
{
    private static readonly string[] Parts = ["{", "}", "[", "]", ",", ":", "\"a\"", "\"\\n\"", "1", "-0.5e3", "null", "true", " ", "x", "\""];

    private static async Task<(string Tokens, string? Fault)> ReadAsync(byte[] text)
    {
        var reader = new PythonJsonReader(new MemoryReader("config.json", text));
        var tokens = new StringBuilder();
        for (int i = 0; i < 10_000; i++)
        {
            JsonToken token = await reader.NextAsync(CancellationToken.None);
            tokens.Append(token switch
            {
                JsonToken.Key => $"<{reader.Text}>",
                JsonToken.Text => $"'{reader.Text}'",
                JsonToken.Word => reader.Word,
                JsonToken.ObjectStart => "{",
                JsonToken.ObjectEnd => "}",
                JsonToken.ArrayStart => "[",
                JsonToken.ArrayEnd => "]",
                _ => "",
            }).Append(' ');
            if (token is JsonToken.End or JsonToken.Refused)
                break;
        }

        return (tokens.ToString().Trim(), reader.Fault);
    }

    private static Task<(string Tokens, string? Fault)> ReadAsync(string text) => ReadAsync(Encoding.UTF8.GetBytes(text));

    // What json.loads of CPython 3.11 accepts.
    [Theory]
    [InlineData("{}", "{ }")]
    [InlineData(" [ 1 , -2.5e+10, true, null, NaN, -Infinity ] ", "[ 1 -2.5e+10 true null NaN -Infinity ]")]
    [InlineData("""{"a": {"b": ["c", "\u00e9\n\"\\\/"]}}""", "{ <a> { <b> [ 'c' 'é\n\"\\/' ] } }")]
    [InlineData("\"alone\"", "'alone'")]
    [InlineData("\uFEFF{\"a\":0}", "{ <a> 0 }")]
    [InlineData("""["\ud83d\ude00"]""", "[ '😀' ]")]
    public async Task What_Python_accepts_is_read(string text, string tokens) => Assert.Equal((tokens, null), await ReadAsync(text));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{oops")]
    [InlineData("{'a': 1}")]
    [InlineData("{\"a\": 1,}")]
    [InlineData("[1,]")]
    [InlineData("[1 2]")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{\"a\": 1} x")]
    [InlineData("{\"a\": 01}")]
    [InlineData("[1.]")]
    [InlineData("[.5]")]
    [InlineData("[+1]")]
    [InlineData("[nan]")]
    [InlineData("[True]")]
    [InlineData("// comment\n{}")]
    [InlineData("[\"\\x41\"]")]
    [InlineData("[\"\\u12\"]")]
    [InlineData("[\"\t\"]")]
    [InlineData("[\"open]")]
    [InlineData("]")]
    [InlineData("[}")]
    public async Task What_Python_refuses_is_refused(string text) => Assert.NotNull((await ReadAsync(text)).Fault);

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_refused() => Assert.NotNull((await ReadAsync([(byte)'"', 0xC3, 0x28, (byte)'"'])).Fault);

    [Fact]
    public async Task Nesting_is_read_as_deep_as_Python_does_and_no_deeper()
    {
        string Nested(int depth) => new string('[', depth) + new string(']', depth);
        Assert.Null((await ReadAsync(Nested(PythonJsonReader.MaxDepth))).Fault);
        Assert.NotNull((await ReadAsync(Nested(PythonJsonReader.MaxDepth + 1))).Fault);
        Assert.NotNull((await ReadAsync(Nested(1_000_000))).Fault);
    }

    [Fact]
    public async Task Long_strings_are_cut_and_what_follows_them_is_read()
    {
        var reader = new PythonJsonReader(new MemoryReader("m", Encoding.UTF8.GetBytes($"[\"{new string('é', PythonJsonReader.MaxText)}\", \"next\"]")));
        await reader.NextAsync(CancellationToken.None);
        await reader.NextAsync(CancellationToken.None);
        Assert.True(reader.IsCut);
        await reader.NextAsync(CancellationToken.None);
        Assert.Equal("next", reader.Text);
        await reader.NextAsync(CancellationToken.None);
        Assert.Equal(JsonToken.End, await reader.NextAsync(CancellationToken.None));
    }

    [Fact]
    public void Random_text_is_accepted_just_when_another_parser_accepts_it() =>
        Gen.Int[0, Parts.Length - 1].Array[0, 12].Sample(parts =>
        {
            string text = string.Concat(parts.Select(p => Parts[p]));
            (_, string? fault) = ReadAsync(text).GetAwaiter().GetResult();
            bool valid;
            try
            {
                using var document = JsonDocument.Parse(text);
                valid = true;
            }
            catch (JsonException)
            {
                valid = false;
            }

            Assert.Equal(valid, fault is null);
        });
}
