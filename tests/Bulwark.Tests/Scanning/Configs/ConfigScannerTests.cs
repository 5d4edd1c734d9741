using System.Text;
using Bulwark.Scanning;
using Bulwark.Scanning.Configs;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;
using Bulwark.Tests.Models;

namespace Bulwark.Tests.Scanning.Configs;

public sealed class ConfigScannerTests
{
    private static Task<ScanContext> ScanAsync(string text, string name = "config.json") => ScanProbe.RunAsync(ConfigScanner.ScanAsync, Encoding.UTF8.GetBytes(text), name);

    [DataFact]
    public async Task Every_template_and_configuration_of_the_corpus_gets_its_verdict()
    {
        List<string> wrong = [];
        foreach ((string path, string label) in Corpus.Cases("chat-template", "config"))
        {
            ScanContext context = await ScanProbe.RunFileAsync(ConfigScanner.ScanAsync, path);
            if (!string.Equals(context.Verdict.ToString(), label, StringComparison.OrdinalIgnoreCase))
                wrong.Add($"{path}: {label}, but {context.Verdict} {context.Describe()}");
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("""{"chat_template": [{"name": "default", "template": "{{ ok }}"}, {"name": "rag", "template": "{{ ().__class__ }}"}]}""")]
    [InlineData("""{"chat_template": {"default": "{{ ok }}", "x": "{{ ().__class__ }}"}}""")]
    [InlineData("""{"processor": {"chat_template": "{{ ().__class__ }}"}}""")]
    [InlineData("""{"chat_template": "{{ ok }}", "chat_template": "{{ ().__class__ }}"}""")]
    [InlineData("""{"chat_template": "{{ ().__class__ }}", "chat_template": "{{ ok }}"}""")]
    [InlineData("""{"a": NaN, "b": Infinity, /* c */ "chat_template": "{{ ().__class__ }}"}""")]
    [InlineData("""{"chat\u005ftemplate": "{{ ().\u005f_class__ }}"}""")]
    [InlineData("""{"chat_template": "{{ ()['\\x5f_class__'] }}" """)]
    [InlineData("""{"_target_": "os.system", "_args_": ["id"]}""")]
    [InlineData("""{"model": {"layers": [{"_target_": "builtins.eval"}]}}""")]
    public async Task Hostile_json_is_malicious(string json)
    {
        ScanContext context = await ScanAsync(json);
        Assert.True(context.Verdict == Verdict.Malicious, $"{context.Verdict} {context.Describe()}");
    }

    [Theory]
    [InlineData("""{"auto_map": {"AutoModel": "modeling_x.Model"}}""")]
    [InlineData("""{"auto_map": {"AutoTokenizer": ["other/repo--tok.T", null]}}""")]
    [InlineData("""{"trust_remote_code": true}""")]
    [InlineData("""{"custom_pipelines": {"x": {"impl": "pipe.P"}}}""")]
    [InlineData("""{"auto_mapping": {"base_model_class": "X", "parent_library": "evil_module"}}""")]
    [InlineData("""[{"idx": 0, "name": "0", "path": "", "type": "custom_module.Layer"}]""")]
    [InlineData("""{"debug_command": "rm -rf /"}""")]
    [InlineData("""{"init": "__import__('os').system('id')"}""")]
    public async Task Configurations_that_load_code_are_suspicious(string json)
    {
        ScanContext context = await ScanAsync(json);
        Assert.True(context.Verdict == Verdict.Suspicious, $"{context.Verdict} {context.Describe()}");
    }

    [Theory]
    [InlineData("""{"architectures": ["BertModel"], "hidden_size": 8, "x": null, "y": [1, 2.5e3, true]}""")]
    [InlineData("""{"trust_remote_code": false, "torch_dtype": "float16", "_name_or_path": "meta/llama"}""")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"eval(": 1, "rm -rf /": 2}, "merges": ["import os;", "__import__( x"]}}""")]
    [InlineData("""[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]""")]
    [InlineData("""{"auto_mapping": {"base_model_class": "X", "parent_library": "transformers.models.bert"}}""")]
    [InlineData("""{"_target_": "nemo.collections.asr.models.Model"}""")]
    [InlineData("""{"chat_template": [{"name": "{{ ().__class__ }}", "template": "{{ ok }}"}]}""")]
    [InlineData("{}")]
    public async Task Plain_configurations_are_benign(string json)
    {
        ScanContext context = await ScanAsync(json);
        Assert.True(context.Verdict == Verdict.Benign, context.Describe());
    }

    [Theory]
    [InlineData("model:\n  chat_template: |\n    {{ ().__class__ }}\nx: 1\n", Verdict.Malicious)]
    [InlineData("model:\n  chat_template: >-\n    {{ ().__cla\n    ss__ }}\nx: 1\n", Verdict.Suspicious)]
    [InlineData("chat_template: \"{{ ()['\\x5f_class__'] }}\"\n", Verdict.Malicious)]
    [InlineData("'chat_template' : '{{ ()[''__class__''] }}'\n", Verdict.Malicious)]
    [InlineData("- {name: x, chat_template: '{{ ().__class__ }}'}\n", Verdict.Malicious)]
    [InlineData("chat_template: '{{ m[''role''] }}'\nother: '{{ ().__class__ }}'\n", Verdict.Benign)]
    [InlineData("a: !!python/object/apply:os.system ['id']\n", Verdict.Malicious)]
    [InlineData("model:\n  _target_: subprocess.Popen\n", Verdict.Malicious)]
    [InlineData("model:\n  _target_: nemo.Model\n", Verdict.Benign)]
    [InlineData("trust_remote_code: yes\n", Verdict.Suspicious)]
    [InlineData("a: 1\nb: [1, 2]\n", Verdict.Benign)]
    public async Task Yaml_is_read_as_far_as_its_templates_and_tags(string yaml, Verdict verdict)
    {
        ScanContext context = await ScanAsync(yaml, "config.yaml");
        Assert.True(context.Verdict == verdict, $"{context.Verdict} {context.Describe()}");
    }

    [Theory]
    [InlineData("!!python/object/apply:os.system [id]")]
    [InlineData("a: !<tag:yaml.org,2002:python/object/apply:os.system> [id]")]
    [InlineData("%TAG ! tag:yaml.org,2002:\n---\na: !python/object/apply:os.system [id]")]
    [InlineData("%TAG !e! tag:yaml.org,2002:pyth\n---\na: !e!on/object/apply:os.system [id]")]
    [InlineData("a: !!pyth%6fn/object/apply:os.system [id]")]
    [InlineData("m: {_target_: os.system, command: id}")]
    [InlineData("_target_: torch.hub.load")]
    [InlineData("_target_: pathlib.os.system")]
    [InlineData("a: &t '{{ ().__class__ }}'\nchat_template: *t")]
    [InlineData("chat_template: !!str '{{ ().__class__ }}'")]
    public async Task Hostile_yaml_is_malicious_however_it_is_spelled(string yaml)
    {
        ScanContext context = await ScanAsync(yaml, "config.yaml");
        Assert.True(context.Verdict == Verdict.Malicious, $"{context.Verdict} {context.Describe()}");
    }

    [Theory]
    [InlineData("%TAG ! tag:example.com,2002:\n---\na: !python/object [1]")]
    [InlineData("_target_: torch.optim.Adam")]
    [InlineData("note: it works!!\nother: !custom x%20y")]
    [InlineData("chat_template: *unknown")]
    public async Task Harmless_yaml_is_benign(string yaml) => Assert.Equal("", (await ScanAsync(yaml, "config.yaml")).Describe());

    [Fact]
    public async Task An_architecture_of_Keras_in_a_file_of_its_own_is_judged()
    {
        Assert.Equal(Verdict.Malicious, (await ScanAsync("""{"class_name": "Sequential", "config": {"layers": [{"module": "os", "class_name": "function", "config": "system"}]}}""")).Verdict);
        Assert.Equal(Verdict.Benign, (await ScanAsync("""{"class_name": "Sequential", "config": {"layers": [{"module": "keras.layers", "class_name": "Dense", "config": {"units": 3}}]}}""")).Verdict);
        Assert.Equal(Verdict.Benign, (await ScanAsync("""{"class_name": "SomeOtherThing", "config": {"a": 1}}""")).Verdict);
    }

    [Fact]
    public async Task Text_is_recognised_by_content_and_name()
    {
        Assert.True(ConfigScanner.Looks("{\"a\""u8, "x"));
        Assert.True(ConfigScanner.Looks("  {% if"u8, "x"));
        Assert.True(ConfigScanner.Looks("text"u8, "x.jinja"));
        Assert.False(ConfigScanner.Looks("text"u8, "x.txt"));
        Assert.False(ConfigScanner.Looks([0x80, 4, (byte)'{', 0], "x.bin"));
        Assert.False(ConfigScanner.Looks([], "x.json"));
        Assert.Equal(Verdict.Malicious, (await ScanAsync("\uFEFF{\"chat_template\": \"{{ ().__class__ }}\"}", "noname")).Verdict);
        Assert.Equal(Verdict.Malicious, (await ScanAsync("{{ ().__class__ }}", "chat_template.jinja")).Verdict);
    }

    [Fact]
    public async Task Large_and_deep_files_cost_little()
    {
        string deep = string.Concat(Enumerable.Repeat("[{\"a\":", 100_000)) + "\"{{\"";
        await ScanAsync(deep);
        string vocabulary = "{\"model\": {\"vocab\": {" + string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"token{i}\": {i}")) + "}}, \"chat_template\": \"{{ ().__class__ }}\"}";
        Assert.Equal(Verdict.Malicious, (await ScanAsync(vocabulary, "tokenizer.json")).Verdict);
        await ScanAsync(string.Concat(Enumerable.Repeat("chat_template: |\n  ", 100_000)), "x.yaml");
    }

    [Fact]
    public async Task Damaged_configurations_stop_no_scan()
    {
        byte[] json = Encoding.UTF8.GetBytes("""{"auto_map": {"a": ["b--c"]}, "chat_template": [{"name": "x", "template": "{{ '\u00e9' ~ m['role'] }}"}], "n": -1.5e3}""");
        await ParserFuzz.RunAsync(json, 0, async r => await ScanProbe.RunAsync(ConfigScanner.ScanAsync, r, "config.json"));
        byte[] yaml = Encoding.UTF8.GetBytes("a:\n  - chat_template: |\n      {{ x }}\n    b: 'it''s'\nchat_template: \"{{ \\x41 }}\\\n  y\"\n_target_: x.y\n");
        await ParserFuzz.RunAsync(yaml, 0, async r => await ScanProbe.RunAsync(ConfigScanner.ScanAsync, r, "config.yaml"));
    }
}
