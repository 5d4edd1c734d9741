using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Bulwark.Models;
using Bulwark.Testing;
using CsCheck;

namespace Bulwark.Tests.Models;

/// <summary>What we write we read back; what hostile bytes do is a clear refusal or a valid map, never anything else.</summary>
public sealed class SafetensorsPropertyTests
{
    private const int MutationsPerFile = 4000;

    private static readonly Gen<(string Name, DType DType, ImmutableArray<long> Shape)> GenTensor = Gen.Select(
        Gen.String[1, 12].Where(s => s.Length > 0 && s != "__metadata__" && IsWellFormed(s)),
        Gen.Enum<DType>().Where(DTypes.IsSafetensors),
        Gen.Long[0, 6].Array[0, 5],
        // A last dimension of 4 fills whole bytes at 4 and 6 bits as well.
        (name, dtype, shape) => (name, dtype, dtype.BitWidth() < 8 ? [.. shape, 4] : shape.ToImmutableArray()));

    private static readonly Gen<Dictionary<string, string>> GenMetadata =
        Gen.Dictionary(Gen.String[0, 8].Where(IsWellFormed), Gen.String[0, 20].Where(IsWellFormed))[0, 4];

    [Fact]
    public void What_the_writer_writes_the_reader_reads() =>
        Gen.Select(GenTensor.Array[0, 20], GenMetadata).Sample(
            (drawn, metadata) =>
            {
                var tensors = drawn.DistinctBy(t => t.Name).ToList();
                byte[] head = SafetensorsWriter.WriteHeader(tensors, metadata);
                long[] lengths = [.. tensors.Select(t => t.Shape.Aggregate(1L, (n, d) => n * d) * t.DType.BitWidth() / 8)];
                Assert.Equal(0, head.Length % 8);

                ModelFile file = Open(new HeadOnlyReader(head, head.Length + lengths.Sum(), "model.safetensors"));

                Assert.Equal(metadata, file.Metadata);
                Assert.Equal(tensors.Count, file.Tensors.Count);
                long offset = head.Length;
                for (int i = 0; i < tensors.Count; i++)
                {
                    TensorInfo read = Assert.Single(file.Tensors, t => t.Name == tensors[i].Name);
                    Assert.Equal((tensors[i].DType, offset, lengths[i]), (read.DType, read.Offset, read.Length));
                    Assert.Equal(tensors[i].Shape.AsSpan(), read.Shape.AsSpan());
                    offset += lengths[i];
                }

                AssertTiled(Assert.IsType<SafetensorsFile>(file));
            },
            iter: 1000);

    [Fact]
    public void The_writer_refuses_what_the_reader_would()
    {
        (string, DType, ImmutableArray<long>) good = ("a", DType.F32, [2]);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.WriteHeader([good, good]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.WriteHeader([("", DType.F32, [])]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.WriteHeader([("__metadata__", DType.F32, [])]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.WriteHeader([("a", DType.F4, [3])]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.WriteHeader([("a", DType.F32, [-1])]));
        Assert.Throws<OverflowException>(() => SafetensorsWriter.WriteHeader([("a", DType.U8, [1L << 62]), ("b", DType.U8, [1L << 62])]));
    }

    [DataTheory]
    [InlineData("digits_cnn.safetensors")]
    [InlineData("mnist.safetensors")]
    [InlineData("multi_layer.safetensors")]
    [InlineData("silero_vad_16k.safetensors")]
    public void A_mutated_real_header_is_refused_or_still_tiles_the_file(string name) =>
        Mutate(File.ReadAllBytes(SharedData.PathOf("models", "safetensors", name)), seed: name.Length);

    [Fact]
    public void A_mutated_header_with_everything_in_it_is_refused_or_still_tiles_the_file() =>
        Mutate(
            SafetensorsFileTests.FileOf(
                """{"__metadata__":{"k":"\u00e9\ud83d\ude00","é":"x"},"a\"b":{"dtype":"F4","shape":[2,3],"data_offsets":[0,3]},"c":{"dtype":"BF16","shape":[],"data_offsets":[3,5],"x":[{"y":[1.5e3,null]}]},"d":{"dtype":"I64","shape":[0,9],"data_offsets":[5,5]}}    """, 5),
            seed: 1,
            count: 20_000);

    /// <summary>Flips, replaces, inserts, deletes and doubles bytes of a head, and changes sizes; nothing but a refusal or a valid map may come out.</summary>
    private static void Mutate(byte[] file, int seed, int count = MutationsPerFile)
    {
        var random = new Random(seed);
        byte[] interesting = "{}[]\",:\\0123456789-.eEu \0\u007f"u8.ToArray();
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        int refused = 0;
        int accepted = 0;
        for (int i = 0; i < count; i++)
        {
            List<byte> head = [.. file.AsSpan(8, headerLength)];
            for (int edits = random.Next(1, 4); edits > 0 && head.Count > 8; edits--)
            {
                int at = random.Next(head.Count);
                int length = Math.Min(random.Next(1, 24), head.Count - at);
                switch (random.Next(6))
                {
                    case 0: head[at] ^= (byte)(1 << random.Next(8)); break;
                    case 1: head[at] = interesting[random.Next(interesting.Length)]; break;
                    case 2: head.Insert(at, interesting[random.Next(interesting.Length)]); break;
                    case 3: head.RemoveRange(at, length); break;
                    case 4: head.InsertRange(random.Next(head.Count), head.GetRange(at, length)); break;
                    default: head[at] = (byte)random.Next(256); break;
                }
            }

            byte[] bytes = new byte[8 + head.Count];
            long declared = random.Next(20) == 0 ? random.NextInt64() >> random.Next(64) : head.Count;
            BinaryPrimitives.WriteInt64LittleEndian(bytes, declared);
            head.CopyTo(bytes, 8);
            long size = Math.Max(bytes.Length, bytes.Length + file.Length - 8 - headerLength + (random.Next(20) == 0 ? random.Next(-2, 3) : 0));
            try
            {
                if (Open(new HeadOnlyReader(bytes, size, "model.safetensors")) is SafetensorsFile model)
                    AssertTiled(model);
                accepted++;
            }
            catch (ModelFormatException)
            {
                refused++;
            }
        }

        // Names and metadata may change freely, so some mutants are models; most are not.
        Assert.True(accepted > count / 100, $"only {accepted} of {count} accepted: the mutations are too coarse to test acceptance");
        Assert.True(refused > count / 4, $"only {refused} of {count} refused");
    }

    private static ModelFile Open(HeadOnlyReader reader)
    {
        Task<ModelFile> open = ModelFile.OpenAsync(reader, CancellationToken.None);
        Assert.True(open.IsCompleted);
        return open.GetAwaiter().GetResult();
    }

    private static void AssertTiled(SafetensorsFile file)
    {
        long next = file.DataOffset;
        foreach (TensorInfo tensor in file.Tensors)
        {
            Assert.Equal(next, tensor.Offset);
            Assert.Equal((Int128)tensor.ElementCount * tensor.DType.BitWidth(), (Int128)tensor.Length * 8);
            next += tensor.Length;
        }

        Assert.Equal(file.Reader.Source.Size, next);
        Assert.Equal(file.Tensors.Count, file.Tensors.Select(t => t.Name).Distinct().Count());
    }

    private static bool IsWellFormed(string text)
    {
        try
        {
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
