using System.Text;
using Bulwark.Scanning;
using Bulwark.Scanning.Keras;
using Bulwark.Storage;
using Bulwark.Tests.Models.Keras;

namespace Bulwark.Tests.Scanning.Keras;

/// <summary>Configurations by class of trick. Each is the one layer of a model, inside a wrapper, unless it is a whole.</summary>
public sealed class KerasConfigScannerTests
{
    private const string Code = "4wEAAAAAAAAAAAAAAAEAAAACAAAAQwAAAHMIAAAAZAFTAA==";

    private static Task<ScanContext> ScanAsync(string json, KerasSource source = KerasSource.Archive) => ScanAsync(Encoding.UTF8.GetBytes(json), source);

    private static async Task<ScanContext> ScanAsync(byte[] json, KerasSource source = KerasSource.Archive)
    {
        var context = new ScanContext(new ScanLimits(), (_, _, _, _, _) => Task.CompletedTask);
        await KerasConfigScanner.ScanAsync(new MemoryReader("config.json", json), "m!config.json", 0, source, context, CancellationToken.None);
        return context;
    }

    private static string Model(string layer) =>
        $$"""{"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": [{"module": "keras.layers", "class_name": "TimeDistributed", "config": {"layer": {{layer}}}, "registered_name": null}]}, "registered_name": null}""";

    private static string Layer(string name, string config = "{}", string module = "\"keras.layers\"", string registered = "null") =>
        $$"""{"module": {{module}}, "class_name": "{{name}}", "config": {{config}}, "registered_name": {{registered}}}""";

    private static string Function(string module, string name) =>
        $$$"""{"activation": {"module": {{{module}}}, "class_name": "function", "config": "{{{name}}}", "registered_name": "{{{name}}}"}}""";

    private static async Task ExpectAsync(ScanRule rule, string json, KerasSource source = KerasSource.Archive)
    {
        ScanContext context = await ScanAsync(json, source);
        Assert.True(context.Findings.Any(f => f.Rule == rule), $"{rule.Id} for {json}: {context.Describe()}");
        Assert.Equal(rule.Verdict, context.Verdict);
    }

    private static async Task BenignAsync(string json, KerasSource source = KerasSource.Archive)
    {
        ScanContext context = await ScanAsync(json, source);
        Assert.True(context.Verdict == Verdict.Benign, $"{json}: {context.Describe()}");
    }

    [Theory]
    [InlineData("Lambda")]
    [InlineData("lambda")]
    [InlineData(" Lambda\\t")]
    [InlineData("Custom>Lambda")]
    [InlineData("\\u004cambda")]
    public async Task A_Lambda_layer_is_malicious_however_it_is_spelt(string name) =>
        await ExpectAsync(KerasRules.Lambda, Model(Layer(name, $$$$"""{"function": {"class_name": "__lambda__", "config": {"code": "{{{{Code}}}}"}}}""")));

    [Fact]
    public async Task Code_is_found_in_every_form_that_Keras_saved_it_in()
    {
        await ExpectAsync(KerasRules.Lambda, Model(Layer("Dense", $$$$"""{"activation": {"class_name": "__lambda__", "config": {"value": "{{{{Code}}}}"}}}""")));
        await ExpectAsync(KerasRules.Lambda, Model(Layer("Dense", $$"""{"function": ["x", null, null], "function_type": "lambda"}""")));
        await ExpectAsync(KerasRules.Marshal, Model(Layer("Dense", $$"""{"anything": [[{"x": "{{Code}}"}]]}""")));
        await ExpectAsync(KerasRules.Marshal, $$$"""{"class_name": "Dense", "config": {"x": "{{{Code.Insert(4, "\\n")}}}"}}""", KerasSource.Hdf5);
        await ExpectAsync(KerasRules.Lambda, """{"class_name": "Lambda", "config": {"name": "l", "function": "lambda x: x * 2"}}""", KerasSource.Hdf5);
        await ExpectAsync(KerasRules.Lambda, """{"class_name": "Lambda", "config": {"function": "system", "module": "os", "function_type": "function"}}"""
            .Replace("\"os\"", "\"keras\"", StringComparison.Ordinal), KerasSource.Hdf5);
        await ExpectAsync(KerasRules.NamedLambda, """{"class_name": "Lambda", "config": {"name": "l", "function": "relu", "function_type": "function"}}""", KerasSource.Hdf5);
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("subprocess", "Popen")]
    [InlineData("builtins", "exec")]
    [InlineData("runpy", "run_path")]
    [InlineData("keras_evil.layers", "Thing")]
    [InlineData("kerasx", "Dense")]
    [InlineData("os ", "system")]
    [InlineData("keras.layers;os", "system")]
    [InlineData("importlib.metadata", "x")]
    [InlineData("evil_package", "Layer")]
    public async Task Anything_from_a_foreign_module_is_malicious(string module, string name)
    {
        await ExpectAsync(KerasRules.ForeignModule, Model(Layer(name, "{}", $"\"{module}\"")));
        await ExpectAsync(KerasRules.ForeignModule, Model(Layer("Dense", Function($"\"{module}\"", name))));
    }

    [Fact]
    public async Task Modules_count_before_and_after_what_they_belong_to_and_in_compile_and_build_settings()
    {
        await ExpectAsync(KerasRules.ForeignModule, """{"config": {"x": 1}, "class_name": "run", "module": "subprocess"}""");
        await ExpectAsync(KerasRules.ForeignModule, """{"class_name": "Sequential", "module": "keras", "config": {}, "compile_config": {"loss": {"module": "os", "class_name": "function", "config": "system"}}}""");
        await ExpectAsync(KerasRules.ForeignModule, """{"class_name": "Sequential", "module": "keras", "config": {}, "build_config": {"shape": [{"module": "shutil", "class_name": "rmtree", "config": "/"}]}}""");
        await ExpectAsync(KerasRules.ForeignModule, Model("""{"class_name": "Dense", "module": "keras.layers", "config": {"fn_module": "subprocess", "fn": "run"}}"""));
    }

    [Theory]
    [InlineData("keras.utils", "get_file")]
    [InlineData("keras.src.utils.file_utils", "get_file")]
    [InlineData("keras.config", "enable_unsafe_deserialization")]
    [InlineData("keras.src.saving.serialization_lib", "enable_unsafe_deserialization")]
    [InlineData("keras.models", "load_model")]
    [InlineData("keras.src.utils.python_utils", "func_load")]
    [InlineData("tensorflow", "py_function")]
    [InlineData("tensorflow.io", "read_file")]
    public async Task Functions_of_Keras_that_reach_out_are_malicious(string module, string name)
    {
        await ExpectAsync(KerasRules.Gadget, Model(Layer(name, "{}", $"\"{module}\"")));
        await ExpectAsync(KerasRules.Gadget, Model(Layer("Dense", Function($"\"{module}\"", name))));
    }

    [Fact]
    public async Task Names_of_gadgets_count_as_values_too()
    {
        await ExpectAsync(KerasRules.Gadget, Model(Layer("Dense", """{"fn": "keras.utils.get_file", "args": ["x", "https://host.invalid/x"]}""")));
        await ExpectAsync(KerasRules.Gadget, Model(Layer("Dense", """{"callback": "os.system"}""")));
        await ExpectAsync(KerasRules.Gadget, """{"class_name": "TFOpLambda", "config": {"name": "t", "function": "io.write_file"}}""", KerasSource.Hdf5);
        await BenignAsync("""{"class_name": "TFOpLambda", "config": {"name": "t", "function": "math.truediv"}}""", KerasSource.Hdf5);
    }

    [Fact]
    public async Task Layers_that_unpickle_or_load_are_malicious()
    {
        await ExpectAsync(KerasRules.TorchModule, Model(Layer("TorchModuleWrapper")));
        await ExpectAsync(KerasRules.SavedModelPath, Model(Layer("TFSMLayer", """{"filepath": "/tmp/other"}""")));
        await ExpectAsync(KerasRules.Custom, Model(Layer("TFSMLayer", """{"filepath": "other"}""")));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../../secrets.txt")]
    [InlineData("~/.ssh/id_rsa")]
    [InlineData("C:\\\\Users\\\\x.txt")]
    [InlineData("\\\\\\\\host\\\\share")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("file:///etc/shadow")]
    [InlineData("gs://bucket/x")]
    public async Task A_vocabulary_from_elsewhere_is_malicious(string where)
    {
        foreach (string layer in new[] { "StringLookup", "IntegerLookup", "TextVectorization" })
            await ExpectAsync(KerasRules.VocabularyPath, Model(Layer(layer, $$"""{"vocabulary": "{{where}}"}""")));
    }

    [Fact]
    public async Task A_vocabulary_file_beside_the_model_is_suspicious_and_a_list_is_nothing()
    {
        await ExpectAsync(KerasRules.VocabularyFile, Model(Layer("StringLookup", """{"vocabulary": "vocab.txt"}""")));
        await BenignAsync(Model(Layer("StringLookup", """{"vocabulary": ["/etc/passwd", "http://a.b", "get_file", "eval(", "os.system"], "idf_weights": null}""")));
        await BenignAsync(Model(Layer("StringLookup", """{"vocabulary": null}""")));
    }

    [Fact]
    public async Task Custom_classes_are_suspicious()
    {
        await ExpectAsync(KerasRules.Custom, Model(Layer("Mine", "{}", "null", "\"Custom>Mine\"")));
        await ExpectAsync(KerasRules.Custom, Model(Layer("Mine", "{}", "\"my_package.layers\"", "\"my_package>Mine\"")));
        await ExpectAsync(KerasRules.Custom, Model(Layer("Mine", "{}", "\"__main__\"")));
        await ExpectAsync(KerasRules.Custom, """{"class_name": "Sequential", "config": {"layers": [{"class_name": "Mine", "config": {}}]}}""", KerasSource.Hdf5);
        await ExpectAsync(KerasRules.Custom, Model(Layer("Dense", Function("\"builtins\"", "my_loss"))));
        await BenignAsync("""{"class_name": "Mine", "config": {}}""", KerasSource.SavedModel);
        await ExpectAsync(KerasRules.Lambda, """{"class_name": "Lambda", "config": {}}""", KerasSource.SavedModel);
    }

    [Fact]
    public async Task Addresses_paths_and_code_are_suspicious()
    {
        await ExpectAsync(KerasRules.Outside, Model(Layer("Dense", """{"note": "https://host.invalid/x"}""")));
        await ExpectAsync(KerasRules.Outside, Model(Layer("Dense", """{"filepath": "/etc/passwd"}""")));
        await ExpectAsync(KerasRules.Code, Model(Layer("Dense", """{"note": "__import__('os').getcwd()"}""")));
    }

    [Fact]
    public async Task What_Keras_itself_saves_is_benign()
    {
        await BenignAsync(Model(Layer("Dense", """{"units": 3, "activation": "relu", "kernel_initializer": {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": null}, "registered_name": null}, "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": null}}""")));
        await BenignAsync(Model(Layer("Dense", Function("\"builtins\"", "relu"))));
        await BenignAsync(Model(Layer("Dense", Function("\"keras.activations\"", "softmax"))));
        await BenignAsync(Model(Layer("Dense", Function("\"keras.src.losses.losses\"", "mean_squared_error"))));
        await BenignAsync(Model(Layer("Dense", Function("null", "mean_squared_error"))));
        await BenignAsync(Model(Layer("Dense", "{}", "\"tensorflow.keras.layers\"")));
        await BenignAsync(Model(Layer("Dense", "{}", "\"tf_keras.src.layers.core.dense\"")));
        await BenignAsync(Model(Layer("Add", "{}", "\"keras.src.ops.numpy\"")));
        await BenignAsync(Model(Layer("BertBackbone", "{}", "\"keras_hub.src.models.bert.bert_backbone\"", "\"keras_hub>BertBackbone\"")));
        await BenignAsync(Model(Layer("FeatureSpace", "{}", "\"keras.utils\"")));
        await BenignAsync("""{"class_name": "Functional", "module": "keras", "config": {"max": Infinity, "layers": [{"class_name": "InputLayer", "config": {"batch_shape": [null, 3]}, "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {"shape": [null], "keras_history": ["call", 0, 0]}}], "kwargs": {}}]}]}}""");
        await BenignAsync("""{"optimizer_config": {"class_name": "Adam", "config": {"lr": 0.001}}, "loss": "categorical_crossentropy", "metrics": ["accuracy"], "sample_weight_mode": null, "loss_weights": null}""", KerasSource.Hdf5);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{oops")]
    [InlineData("""{"class_name": "Dense", "class_name": "Dropout", "config": {}}""")]
    [InlineData("""{"class_name": "Dense", "config": {}, "config": {"units": 1}}""")]
    [InlineData("""{"class_name": "Dense", "config": {}} trailing""")]
    public async Task Broken_and_ambiguous_configurations_are_malformed(string json) => await ExpectAsync(KerasRules.BadConfiguration, json);

    [Fact]
    public async Task A_payload_before_the_fault_still_counts()
    {
        ScanContext context = await ScanAsync("""{"class_name": "Sequential", "config": {"layers": [{"class_name": "run", "module": "subprocess", """);
        Assert.Equal(Verdict.Malicious, context.Verdict);
        Assert.Contains(context.Findings, f => f.Rule == KerasRules.BadConfiguration);
    }

    [Fact]
    public async Task Other_encodings_that_Python_reads_are_read()
    {
        string json = Layer("run", "{}", "\"subprocess\"");
        foreach (Encoding encoding in new[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32, new UTF32Encoding(true, true) })
        {
            foreach (byte[] bytes in new[] { encoding.GetBytes(json), [.. encoding.GetPreamble(), .. encoding.GetBytes(json)] })
            {
                ScanContext context = await ScanAsync(bytes);
                Assert.Contains(context.Findings, f => f.Rule == KerasRules.ForeignModule);
                Assert.Contains(context.Findings, f => f.Rule == KerasRules.OddEncoding);
            }
        }
    }

    [Fact]
    public async Task Parts_of_an_archive_must_be_what_they_are_named()
    {
        async Task<ScanContext> Archive(byte[] bytes) => await ScanProbe.RunAsync(ScanProbe.KerasZipAsync, bytes, "model.keras");
        Assert.Equal(Verdict.Benign, (await Archive(KerasArchive.Make("{}"))).Verdict);
        Assert.Equal(Verdict.Malformed, (await Archive(KerasArchive.Make("{}", "nothing"u8.ToArray()))).Verdict);
        Assert.Equal(Verdict.Malformed, (await Archive(KerasArchive.Zip(false, ("metadata.json", "{}"u8.ToArray())))).Verdict);
        Assert.Equal(Verdict.Malicious, (await Archive(KerasArchive.Make(Layer("eval", "{}", "\"builtins\""), compress: true))).Verdict);
        foreach (string name in new[] { "assets/run.sh", "assets/X.PY", "a.exe", "lib.so", "x.bat ", "y.dll." })
            Assert.Equal(Verdict.Suspicious, (await Archive(KerasArchive.Make("{}", others: (name, [1])))).Verdict);
    }
}
