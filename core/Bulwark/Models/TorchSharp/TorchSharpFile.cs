using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Bulwark.Storage;

namespace Bulwark.Models.TorchSharp;

/// <summary>A file that TorchSharp's save wrote: a state dict, a single tensor, or the state of an optimiser.</summary>
/// <remarks>
/// Source: dotnet/TorchSharp, NN/Module.cs (save_state_dict), Tensor/TensorExtensionMethods.cs (Save), src/Python/exportsd.py.
/// <code>
/// state dict   LEB128 entries, then each: name (LEB128 length, UTF-8), tensor
/// tensor       LEB128 dtype, LEB128 rank, rank x LEB128 dimension, elements (little-endian, row-major)
/// optimiser    name of its class (LEB128 length, ASCII), then what the class writes
///
/// dtype: 0 u8  1 i8  2 i16  3 i32  4 i64  5 f16  6 f32  7 f64  9 c64  10 c128  11 bool  12 qint8  13 quint8  14 qint32  15 bf16
/// </code>
/// There is no magic and no checksum: a file is taken for one only when it parses to its very last byte.
/// </remarks>
internal sealed class TorchSharpFile : ModelFile
{
    /// <summary>The most tensors in one file.</summary>
    public const int MaxTensors = 100_000;

    /// <summary>The longest name in bytes.</summary>
    public const int MaxNameLength = 4096;

    /// <summary>The most dimensions of a tensor.</summary>
    public const int MaxDimensions = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private TorchSharpFile(IObjectReader reader, TorchSharpKind kind, ImmutableArray<TensorInfo> tensors)
        : base(reader, tensors, ImmutableDictionary<string, string>.Empty)
    {
        Kind = kind;
    }

    /// <inheritdoc />
    public override string Format => "torchsharp";

    /// <summary>What it holds.</summary>
    public TorchSharpKind Kind { get; }

    /// <summary>Reads the file as what it parses as; null when it is nothing that TorchSharp writes.</summary>
    public static async Task<TorchSharpFile?> TryReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        if (await LooksOptimizerAsync(reader, cancellationToken).ConfigureAwait(false))
            return new TorchSharpFile(reader, TorchSharpKind.Optimizer, []);
        try
        {
            return await ReadTensorAsync(reader, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException)
        {
            // Not a single tensor; most are state dicts.
        }

        try
        {
            return await ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException)
        {
            return null;
        }
    }

    /// <summary>Reads a state dict to the last byte.</summary>
    /// <exception cref="ModelFormatException">The file is no state dict (BW1485), or too large a one (BW1486).</exception>
    public static async Task<TorchSharpFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        string file = reader.Source.ToString();
        ObjectCursor cursor = Cursor(reader, file);
        ulong count = await NumberAsync(cursor, file, cancellationToken).ConfigureAwait(false);
        // The smallest entry: an empty name, a type, rank 1 with dimension 0.
        if (count > (ulong)cursor.Remaining / 3)
            throw ModelFormatException.TorchSharpMalformed(file, 0, string.Create(CultureInfo.InvariantCulture, $"it declares {count} entries, more than fit"));
        if (count > MaxTensors)
            throw ModelFormatException.TorchSharpLimit(file, "number of tensors", MaxTensors);
        var tensors = ImmutableArray.CreateBuilder<TensorInfo>((int)count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (ulong i = 0; i < count; i++)
        {
            long at = cursor.Position;
            string name = await NameAsync(cursor, file, cancellationToken).ConfigureAwait(false);
            if (!names.Add(name))
                throw ModelFormatException.TorchSharpMalformed(file, at, $"the name {ModelFormatException.Quote(name)} occurs twice");
            tensors.Add(await TensorAsync(cursor, file, name, cancellationToken).ConfigureAwait(false));
        }

        return cursor.Remaining == 0
            ? new TorchSharpFile(reader, TorchSharpKind.StateDict, tensors.MoveToImmutable())
            : throw ModelFormatException.TorchSharpMalformed(file, cursor.Position, string.Create(CultureInfo.InvariantCulture, $"{cursor.Remaining} bytes follow the last entry"));
    }

    private static async Task<TorchSharpFile> ReadTensorAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        string file = reader.Source.ToString();
        ObjectCursor cursor = Cursor(reader, file);
        TensorInfo tensor = await TensorAsync(cursor, file, "tensor", cancellationToken).ConfigureAwait(false);
        return cursor.Remaining == 0
            ? new TorchSharpFile(reader, TorchSharpKind.Tensor, [tensor])
            : throw ModelFormatException.TorchSharpMalformed(file, cursor.Position, "bytes follow the tensor");
    }

    private static async Task<bool> LooksOptimizerAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(16, reader.Source.Size)];
        await reader.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (head.Length < 4 || head[0] is < 3 or > 12 || head.Length < head[0] + 2)
            return false;
        return Encoding.ASCII.GetString(head, 1, head[0]) is "Adam" or "AdamW" or "Adamax" or "Adadelta" or "Adagrad" or "ASGD" or "LBFGS"
            or "NAdam" or "RAdam" or "RMSProp" or "RMSprop" or "Rprop" or "SGD" or "SparseAdam";
    }

    private static ObjectCursor Cursor(IObjectReader reader, string file) =>
        new(reader, offset => ModelFormatException.TorchSharpMalformed(file, offset, "it ends in the middle of an entry"));

    private static async ValueTask<string> NameAsync(ObjectCursor cursor, string file, CancellationToken cancellationToken)
    {
        long at = cursor.Position;
        ulong length = await NumberAsync(cursor, file, cancellationToken).ConfigureAwait(false);
        if (length > (ulong)cursor.Remaining)
            throw ModelFormatException.TorchSharpMalformed(file, at, "a name is longer than the rest of the file");
        if (length > MaxNameLength)
            throw ModelFormatException.TorchSharpLimit(file, "bytes in a name", MaxNameLength);
        await cursor.RequireAsync((int)length, cancellationToken).ConfigureAwait(false);
        try
        {
            return StrictUtf8.GetString(cursor.Take((int)length));
        }
        catch (DecoderFallbackException)
        {
            throw ModelFormatException.TorchSharpMalformed(file, at, "a name is not valid UTF-8");
        }
    }

    private static async ValueTask<TensorInfo> TensorAsync(ObjectCursor cursor, string file, string name, CancellationToken cancellationToken)
    {
        long at = cursor.Position;
        ulong number = await NumberAsync(cursor, file, cancellationToken).ConfigureAwait(false);
        if (Type(number) is not { } dtype)
            throw ModelFormatException.TorchSharpMalformed(file, at, string.Create(CultureInfo.InvariantCulture, $"the type {number} is unknown"));
        ulong rank = await NumberAsync(cursor, file, cancellationToken).ConfigureAwait(false);
        if (rank > MaxDimensions)
            throw ModelFormatException.TorchSharpMalformed(file, at, string.Create(CultureInfo.InvariantCulture, $"a tensor has {rank} dimensions"));
        long[] shape = new long[rank];
        Int128 count = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            ulong dimension = await NumberAsync(cursor, file, cancellationToken).ConfigureAwait(false);
            count *= dimension;
            if (dimension > long.MaxValue || count > long.MaxValue)
                throw ModelFormatException.TorchSharpMalformed(file, at, "a shape overflows 64-bit arithmetic");
            shape[i] = (long)dimension;
        }

        if (!dtype.TryByteLength((long)count, out long length) || length > cursor.Remaining)
            throw ModelFormatException.TorchSharpMalformed(file, at, $"tensor {ModelFormatException.Quote(name)} is longer than the rest of the file");
        var tensor = new TensorInfo(name, dtype, [.. shape], cursor.Position, length);
        cursor.Skip(length);
        return tensor;
    }

    private static async ValueTask<ulong> NumberAsync(ObjectCursor cursor, string file, CancellationToken cancellationToken)
    {
        long at = cursor.Position;
        return await cursor.VarintAsync(cancellationToken).ConfigureAwait(false)
            ?? throw ModelFormatException.TorchSharpMalformed(file, at, "a number has more than 64 bits");
    }

    private static DType? Type(ulong number) => number switch
    {
        0 => DType.U8,
        1 => DType.I8,
        2 => DType.I16,
        3 => DType.I32,
        4 => DType.I64,
        5 => DType.F16,
        6 => DType.F32,
        7 => DType.F64,
        9 => DType.C64,
        10 => DType.C128,
        11 => DType.BOOL,
        12 => DType.QI8,
        13 => DType.QU8,
        14 => DType.QI32,
        15 => DType.BF16,
        _ => null,
    };
}
