#:project ../core/Bulwark/Bulwark.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false

// Trains the digit classifier that ships as samples/mnist-mlp.safetensors, and measures any file of the same shape.
//
//   dotnet run samples/TrainMnist.cs -- DATA_DIR OUT              train and write OUT, weights as F16
//   dotnet run samples/TrainMnist.cs -- DATA_DIR --evaluate FILE  accuracy of FILE (F32, F16 or BF16) on the 10,000 test images
//
// DATA_DIR holds the four idx .gz files of MNIST. The network is 784-1024-256-10 with ReLU; pixels enter as value / 255.
// Every sum runs in one fixed order whatever the vector width, and the seed is fixed, so that a run can be repeated.

using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bulwark.Models;
using Bulwark.Storage;

const int Epochs = 20;
const int BatchSize = 100;
const float LearningRate = 0.1f;
const float Momentum = 0.9f;
const float WeightDecay = 5e-5f;
const int Seed = 20240229;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case [var data, "--evaluate", var file]:
        Console.WriteLine($"{Accuracy(await Network.LoadAsync(file), Digits.Load(data, "t10k")):F2} % of the test images are classified correctly");
        return 0;
    case [var data, var output] when !data.StartsWith('-') && !output.StartsWith('-'):
        Train(Digits.Load(data, "train"), Digits.Load(data, "t10k"), output);
        return 0;
    default:
        Console.Error.WriteLine("usage: dotnet run samples/TrainMnist.cs -- DATA_DIR OUT | DATA_DIR --evaluate FILE");
        return 2;
}

static void Train(Digits train, Digits test, string output)
{
    var random = new Random(Seed);
    var network = new Network(random);
    int[] order = [.. Enumerable.Range(0, train.Count)];
    float[] pixels = new float[Digits.Pixels];
    int steps = Epochs * (train.Count / BatchSize);
    int step = 0;
    for (int epoch = 1; epoch <= Epochs; epoch++)
    {
        long started = Stopwatch.GetTimestamp();
        random.Shuffle(order);
        double loss = 0;
        for (int i = 0; i < order.Length; i++)
        {
            // A digit moved by a pixel or two is the same digit; this is all the augmentation there is.
            train.Read(order[i], pixels, random.Next(-2, 3), random.Next(-2, 3));
            loss += network.Learn(pixels, train.Labels[order[i]]);
            if ((i + 1) % BatchSize == 0)
                network.Step(LearningRate * (1 - ((float)step++ / steps)), Momentum, WeightDecay, BatchSize);
        }

        Console.WriteLine($"epoch {epoch,2}  loss {loss / order.Length:F4}  test {Accuracy(network, test):F2} %  {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
    }

    network.RoundToHalf();
    double accuracy = Accuracy(network, test);
    network.Save(output, new Dictionary<string, string>
    {
        ["format"] = "pt",
        ["description"] = "Handwritten digits: MLP 784-1024-256-10, ReLU; input is 28x28 pixels row by row, value / 255",
        ["trained_by"] = "the Bulwark project, with samples/TrainMnist.cs",
        ["trained_on"] = "MNIST, 60,000 training images, shifted by up to 2 pixels",
        ["training"] = $"SGD, momentum {Momentum}, weight decay {WeightDecay}, learning rate {LearningRate} falling to 0, batch {BatchSize}, {Epochs} epochs, seed {Seed}",
        ["test_accuracy_percent"] = $"{accuracy:F2}",
        ["license"] = "Apache-2.0",
    });
    Console.WriteLine($"{output}: test {accuracy:F2} % with F16 weights");
}

static double Accuracy(Network network, Digits digits)
{
    float[] pixels = new float[Digits.Pixels];
    int right = 0;
    for (int i = 0; i < digits.Count; i++)
    {
        digits.Read(i, pixels);
        right += network.Classify(pixels) == digits.Labels[i] ? 1 : 0;
    }

    return 100.0 * right / digits.Count;
}

/// <summary>Images and labels of one half of MNIST.</summary>
internal sealed class Digits
{
    public const int Side = 28;
    public const int Pixels = Side * Side;

    private readonly byte[] _images;

    private Digits(byte[] images, byte[] labels)
    {
        if (images.Length / Pixels != labels.Length || labels.Any(l => l > 9))
            throw new InvalidDataException("Images and labels do not belong together.");
        _images = images;
        Labels = labels;
    }

    public byte[] Labels { get; }

    public int Count => Labels.Length;

    public static Digits Load(string folder, string part) => new(
        ReadIdx(Path.Combine(folder, $"{part}-images-idx3-ubyte.gz"), [Side, Side]),
        ReadIdx(Path.Combine(folder, $"{part}-labels-idx1-ubyte.gz"), []));

    /// <summary>Image <paramref name="index"/>, moved right and down, as values 0..1.</summary>
    public void Read(int index, Span<float> pixels, int right = 0, int down = 0)
    {
        ReadOnlySpan<byte> image = _images.AsSpan(index * Pixels, Pixels);
        pixels.Clear();
        for (int y = Math.Max(0, down); y < Math.Min(Side, Side + down); y++)
        {
            for (int x = Math.Max(0, right); x < Math.Min(Side, Side + right); x++)
                pixels[(y * Side) + x] = image[((y - down) * Side) + x - right] / 255f;
        }
    }

    /// <summary>idx: 0, 0, type 8 (u8), number of dimensions, each as u32 big-endian, then the items.</summary>
    private static byte[] ReadIdx(string path, int[] itemShape)
    {
        using var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        byte[] head = new byte[8 + (4 * itemShape.Length)];
        gzip.ReadExactly(head);
        int count = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4));
        bool expected = BinaryPrimitives.ReadInt32BigEndian(head) == 0x0801 + itemShape.Length && count is >= 0 and <= 1_000_000;
        for (int i = 0; i < itemShape.Length; i++)
            expected &= BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(8 + (4 * i))) == itemShape[i];
        if (!expected)
            throw new InvalidDataException($"{path} is not the idx file it should be.");
        byte[] items = new byte[itemShape.Aggregate(count, (product, side) => product * side)];
        gzip.ReadExactly(items);
        return items;
    }
}

/// <summary>The network: three fully connected layers, ReLU between them, softmax and cross-entropy at the end.</summary>
internal sealed class Network(Random? random = null)
{
    private static readonly string[] Names = ["fc1", "fc2", "fc3"];

    private readonly Layer[] _layers = [new(Digits.Pixels, 1024, random), new(1024, 256, random), new(256, 10, random)];

    public int Classify(float[] pixels)
    {
        ReadOnlySpan<float> scores = Forward(pixels);
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
            best = scores[i] > scores[best] ? i : best;
        return best;
    }

    /// <summary>Adds one sample's gradients and returns its loss.</summary>
    public double Learn(float[] pixels, int label)
    {
        ReadOnlySpan<float> scores = Forward(pixels);
        Span<float> error = stackalloc float[scores.Length];
        float highest = scores[0];
        foreach (float score in scores)
            highest = MathF.Max(highest, score);
        float sum = 0;
        for (int i = 0; i < scores.Length; i++)
            sum += error[i] = MathF.Exp(scores[i] - highest);
        for (int i = 0; i < error.Length; i++)
            error[i] /= sum;
        double loss = -Math.Log(Math.Max(error[label], 1e-12));
        error[label] -= 1;

        Span<float> outer = error;
        for (int l = _layers.Length - 1; l > 0; l--)
            outer = _layers[l].Backward(_layers[l - 1].Output, outer);
        _layers[0].AddGradient(pixels, outer);
        return loss;
    }

    public void Step(float rate, float momentum, float decay, int samples)
    {
        foreach (Layer layer in _layers)
            layer.Step(rate, momentum, decay, samples);
    }

    /// <summary>Makes the weights what they will be once saved.</summary>
    public void RoundToHalf()
    {
        foreach (Layer layer in _layers)
        {
            foreach (float[] values in new[] { layer.Weights, layer.Bias })
            {
                for (int i = 0; i < values.Length; i++)
                    values[i] = (float)(Half)values[i];
            }
        }
    }

    /// <summary>Writes F16 tensors as PyTorch names and lays them out: fcN.weight [out, in], fcN.bias [out].</summary>
    public void Save(string path, Dictionary<string, string> metadata)
    {
        byte[] header = SafetensorsWriter.WriteHeader(
            [.. _layers.SelectMany((layer, i) => new (string, DType, ImmutableArray<long>)[]
            {
                ($"{Names[i]}.weight", DType.F16, [layer.Outputs, layer.Inputs]),
                ($"{Names[i]}.bias", DType.F16, [layer.Outputs]),
            })],
            metadata);
        using var file = new FileStream(path, FileMode.Create);
        file.Write(header);
        foreach (Layer layer in _layers)
        {
            foreach (float[] values in new[] { layer.Transposed(), layer.Bias })
                file.Write(MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, v => (Half)v)));
        }
    }

    public static async Task<Network> LoadAsync(string path)
    {
        await using var reader = new FileReader(path);
        ModelFile model = await ModelFile.OpenAsync(reader, CancellationToken.None);
        var network = new Network();
        for (int i = 0; i < Names.Length; i++)
        {
            Layer layer = network._layers[i];
            layer.SetTransposed(await ReadAsync(model, $"{Names[i]}.weight", [layer.Outputs, layer.Inputs]));
            (await ReadAsync(model, $"{Names[i]}.bias", [layer.Outputs])).CopyTo(layer.Bias, 0);
        }

        return network;
    }

    private static async Task<float[]> ReadAsync(ModelFile model, string name, long[] shape)
    {
        TensorInfo tensor = model.Tensors.FirstOrDefault(t => t.Name == name && t.Shape.AsSpan().SequenceEqual(shape))
            ?? throw new InvalidDataException($"The file has no tensor {name} of shape [{string.Join(", ", shape)}].");
        byte[] bytes = new byte[tensor.Length];
        await model.Reader.ReadAsync(tensor.Offset, bytes, CancellationToken.None);
        return tensor.DType switch
        {
            DType.F32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            DType.F16 => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), h => (float)h),
            DType.BF16 => Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), b => BitConverter.UInt32BitsToSingle((uint)b << 16)),
            _ => throw new InvalidDataException($"{name} is {tensor.DType}; F32, F16 and BF16 can be evaluated."),
        };
    }

    private ReadOnlySpan<float> Forward(float[] pixels)
    {
        float[] input = pixels;
        for (int l = 0; l < _layers.Length; l++)
            input = _layers[l].Forward(input, rectify: l < _layers.Length - 1);
        return input;
    }
}

/// <summary>One fully connected layer. Weights are stored [in, out], so that every loop adds whole rows.</summary>
internal sealed class Layer
{
    private readonly float[] _gradient;
    private readonly float[] _biasGradient;
    private readonly float[] _velocity;
    private readonly float[] _biasVelocity;
    private readonly float[] _inputError;

    public Layer(int inputs, int outputs, Random? random)
    {
        (Inputs, Outputs) = (inputs, outputs);
        (Weights, Bias, Output) = (new float[inputs * outputs], new float[outputs], new float[outputs]);
        (_gradient, _velocity) = (new float[inputs * outputs], new float[inputs * outputs]);
        (_biasGradient, _biasVelocity, _inputError) = (new float[outputs], new float[outputs], new float[inputs]);

        // He initialisation, uniform.
        float bound = MathF.Sqrt(6f / inputs);
        for (int i = 0; random is not null && i < Weights.Length; i++)
            Weights[i] = ((2 * random.NextSingle()) - 1) * bound;
    }

    public int Inputs { get; }

    public int Outputs { get; }

    public float[] Weights { get; }

    public float[] Bias { get; }

    /// <summary>What <see cref="Forward"/> computed last.</summary>
    public float[] Output { get; }

    public float[] Forward(ReadOnlySpan<float> input, bool rectify)
    {
        Bias.CopyTo(Output, 0);
        for (int i = 0; i < input.Length; i++)
        {
            if (input[i] != 0)
                AddScaled(Output, Weights.AsSpan(i * Outputs, Outputs), input[i]);
        }

        for (int j = 0; rectify && j < Output.Length; j++)
            Output[j] = MathF.Max(Output[j], 0);
        return Output;
    }

    /// <summary>Adds this sample's gradient and returns the error at the (rectified) input.</summary>
    public Span<float> Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> error)
    {
        AddGradient(input, error);
        for (int i = 0; i < Inputs; i++)
            _inputError[i] = input[i] > 0 ? Dot(Weights.AsSpan(i * Outputs, Outputs), error) : 0;
        return _inputError;
    }

    public void AddGradient(ReadOnlySpan<float> input, ReadOnlySpan<float> error)
    {
        AddScaled(_biasGradient, error, 1);
        for (int i = 0; i < input.Length; i++)
        {
            if (input[i] != 0)
                AddScaled(_gradient.AsSpan(i * Outputs, Outputs), error, input[i]);
        }
    }

    public void Step(float rate, float momentum, float decay, int samples)
    {
        Step(Weights, _gradient, _velocity, rate, momentum, decay, samples);
        Step(Bias, _biasGradient, _biasVelocity, rate, momentum, 0, samples);
    }

    /// <summary>The weights as [out, in].</summary>
    public float[] Transposed()
    {
        float[] transposed = new float[Weights.Length];
        for (int i = 0; i < Inputs; i++)
        {
            for (int j = 0; j < Outputs; j++)
                transposed[(j * Inputs) + i] = Weights[(i * Outputs) + j];
        }

        return transposed;
    }

    public void SetTransposed(float[] transposed)
    {
        for (int i = 0; i < Inputs; i++)
        {
            for (int j = 0; j < Outputs; j++)
                Weights[(i * Outputs) + j] = transposed[(j * Inputs) + i];
        }
    }

    private static void Step(Span<float> weights, Span<float> gradient, Span<float> velocity, float rate, float momentum, float decay, int samples)
    {
        var v = MemoryMarshal.Cast<float, Vector<float>>(velocity);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        var w = MemoryMarshal.Cast<float, Vector<float>>(weights);
        float scale = 1f / samples;
        for (int i = 0; i < w.Length; i++)
        {
            v[i] = (v[i] * momentum) + (g[i] * scale) + (w[i] * decay);
            w[i] -= v[i] * rate;
        }

        for (int i = w.Length * Vector<float>.Count; i < weights.Length; i++)
        {
            velocity[i] = (velocity[i] * momentum) + (gradient[i] * scale) + (weights[i] * decay);
            weights[i] -= velocity[i] * rate;
        }

        gradient.Clear();
    }

    private static void AddScaled(Span<float> sum, ReadOnlySpan<float> row, float factor)
    {
        var s = MemoryMarshal.Cast<float, Vector<float>>(sum);
        var r = MemoryMarshal.Cast<float, Vector<float>>(row);
        var f = new Vector<float>(factor);
        for (int i = 0; i < s.Length; i++)
            s[i] += r[i] * f;
        for (int i = s.Length * Vector<float>.Count; i < sum.Length; i++)
            sum[i] += row[i] * factor;
    }

    /// <summary>Eight running sums added up in a fixed order: the same result for every vector width.</summary>
    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sums = Vector256<float>.Zero;
        var va = MemoryMarshal.Cast<float, Vector256<float>>(a);
        var vb = MemoryMarshal.Cast<float, Vector256<float>>(b);
        for (int i = 0; i < va.Length; i++)
            sums += va[i] * vb[i];
        float sum = 0;
        for (int lane = 0; lane < 8; lane++)
            sum += sums[lane];
        for (int i = va.Length * 8; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}

/// <summary>A file as the core reads it.</summary>
internal sealed class FileReader : IObjectReader
{
    private readonly FileStream _file;

    public FileReader(string path)
    {
        _file = File.OpenRead(path);
        Source = new ObjectRef("file", Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path), "", _file.Length);
    }

    public ObjectRef Source { get; }

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _file.Position = offset;
        await _file.ReadExactlyAsync(buffer, cancellationToken);
    }

    public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
