using System.Collections.Immutable;
using Bulwark.Storage;

namespace Bulwark.Models.Gguf;

/// <summary>A GGUF file, version 2 or 3, little-endian, whose every rule was checked.</summary>
/// <remarks>
/// Source: ggml-org/ggml, docs/gguf.md and src/gguf.cpp.
/// <code>
/// "GGUF"  u32 version  i64 tensors  i64 keys
/// keys x    {string key, i32 type, value}           string = u64 length + UTF-8
/// tensors x {string name, u32 n, i64 dim[n], i32 type, u64 offset}    dim[0] is the innermost
/// zeros up to general.alignment (32), then the tensors in that order, each padded to the alignment
///
/// value types: 0 u8  1 i8  2 u16  3 i16  4 u32  5 i32  6 f32  7 bool  8 string  9 array {i32 type, u64 count, elements}  10 u64  11 i64  12 f64
/// </code>
/// As strict as the reference, and stricter where readers differ: text is UTF-8, a name is not empty, a bool is 0 or 1.
/// </remarks>
internal sealed class GgufFile : ModelFile
{
    /// <summary>The most keys in one file; real ones have some dozens.</summary>
    public const int MaxKeys = 65_536;

    /// <summary>The longest key in bytes (the specification's limit).</summary>
    public const int MaxKeyLength = 65_535;

    /// <summary>The most tensors in one file.</summary>
    public const int MaxTensors = 65_536;

    /// <summary>The longest tensor name in bytes; ggml keeps 64 with the closing zero.</summary>
    public const int MaxNameLength = 63;

    /// <summary>The most dimensions of a tensor.</summary>
    public const int MaxDimensions = 4;

    /// <summary>The longest string in bytes that the reference accepts.</summary>
    public const long MaxStringLength = 1L << 30;

    /// <summary>The most elements of an array that the reference accepts.</summary>
    public const long MaxArrayElements = 1L << 30;

    /// <summary>The most text kept from metadata, in bytes; longer values are checked and stepped over.</summary>
    public const int MaxKeptText = 8 << 20;

    internal GgufFile(
        IObjectReader reader, ImmutableArray<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata,
        uint version, uint alignment, long dataOffset, IReadOnlyList<string> unkept)
        : base(reader, tensors, metadata)
    {
        Version = version;
        Alignment = alignment;
        DataOffset = dataOffset;
        UnkeptKeys = unkept;
    }

    /// <inheritdoc />
    public override string Format => "gguf";

    /// <summary>2 or 3.</summary>
    public uint Version { get; }

    /// <summary>Tensors begin at multiples of this many bytes.</summary>
    public uint Alignment { get; }

    /// <summary>Where the tensors begin.</summary>
    public long DataOffset { get; }

    /// <summary>Where the last tensor ends, without its padding; the end of the header when there is none.</summary>
    public long DataEnd => Tensors.Count > 0 ? Tensors[^1].Offset + Tensors[^1].Length : DataOffset;

    /// <summary>Keys of strings that were too long to keep in <see cref="ModelFile.Metadata"/>.</summary>
    public IReadOnlyList<string> UnkeptKeys { get; }

    /// <summary>True when a file begins like GGUF of any version.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => head.StartsWith("GGUF"u8);

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="ModelFormatException">The file breaks a rule of the format (BW1440 to BW1446).</exception>
    public static Task<GgufFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken) =>
        new GgufReader(reader).ReadAsync(cancellationToken);

    /// <summary>The type behind ggml's number; false for numbers that were never given out or were taken back.</summary>
    internal static bool TryGetType(int number, out DType dtype)
    {
        DType? found = number switch
        {
            0 => DType.F32,
            1 => DType.F16,
            2 => DType.Q4_0,
            3 => DType.Q4_1,
            6 => DType.Q5_0,
            7 => DType.Q5_1,
            8 => DType.Q8_0,
            9 => DType.Q8_1,
            10 => DType.Q2_K,
            11 => DType.Q3_K,
            12 => DType.Q4_K,
            13 => DType.Q5_K,
            14 => DType.Q6_K,
            15 => DType.Q8_K,
            16 => DType.IQ2_XXS,
            17 => DType.IQ2_XS,
            18 => DType.IQ3_XXS,
            19 => DType.IQ1_S,
            20 => DType.IQ4_NL,
            21 => DType.IQ3_S,
            22 => DType.IQ2_S,
            23 => DType.IQ4_XS,
            24 => DType.I8,
            25 => DType.I16,
            26 => DType.I32,
            27 => DType.I64,
            28 => DType.F64,
            29 => DType.IQ1_M,
            30 => DType.BF16,
            34 => DType.TQ1_0,
            35 => DType.TQ2_0,
            39 => DType.MXFP4,
            40 => DType.NVFP4,
            41 => DType.Q1_0,
            42 => DType.Q2_0,
            _ => null,
        };
        dtype = found ?? default;
        return found is not null;
    }
}
