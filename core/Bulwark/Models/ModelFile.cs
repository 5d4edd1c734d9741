using System.Buffers.Binary;
using System.Collections.Immutable;
using Bulwark.Models.Gguf;
using Bulwark.Models.Numpy;
using Bulwark.Models.Onnx;
using Bulwark.Models.Pickle;
using Bulwark.Models.Torch;
using Bulwark.Models.TorchSharp;
using Bulwark.Storage;

namespace Bulwark.Models;

/// <summary>
/// The map of a model file: which format it is and where each tensor lies. Nothing in the file is ever executed,
/// and no tensor byte is read. The reader stays the caller's to dispose.
/// </summary>
/// <remarks>
/// <code>
/// what the head says (n = u64 little-endian at 0)                         answer
/// 2 &lt;= n &lt;= 100,000,000, 8 + n &lt;= size, '{' at 8                       safetensors: every rule must hold, or it is refused
/// the same, but 8 + n &gt; size                                              refused (BW1403): a safetensors file cut short
/// 100,000,000 &lt; n &lt;= size, '{' at 8                                     refused (BW1402): header above the limit
/// 2 &lt;= n &lt;= 100,000,000, 8 + n &lt;= size, JSON white space then '{'      refused (BW1401): the header must begin with '{'
/// "GGUF"; 93 "NUMPY"; 80 02..05 of a pickle; fields of ONNX's ModelProto    gguf, npy, pickle or joblib, onnx: their rules must hold
/// a file that parses to its last byte as TorchSharp's                     torchsharp
/// anything else, containers among it                                      opaque
/// </code>
/// A name never makes a file safetensors. It can only make the answer stricter: a file named <c>*.safetensors</c> that is
/// not one is refused instead of being passed on as opaque bytes, because the next reader would go by its name.
/// </remarks>
public abstract class ModelFile
{
    private const int HeadLength = 64;

    private protected ModelFile(IObjectReader reader, ImmutableArray<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Reader = reader;
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>Lower-case name of the format: <c>safetensors</c>, <c>gguf</c>, <c>onnx</c>, <c>npy</c>, <c>pickle</c>, <c>joblib</c>, <c>torchsharp</c> or <c>opaque</c>.</summary>
    public abstract string Format { get; }

    /// <summary>The tensors in the order of their first bytes; among empty tensors at one place, by ordinal name.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>What the file says about itself. Unverified text from the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The bytes of the file.</summary>
    public IObjectReader Reader { get; }

    /// <summary>Ranges that hold tensor bytes and whose checksum must be rewritten when they are edited, in file order.</summary>
    public virtual IReadOnlyList<ChecksummedRange> Checksums => [];

    /// <summary>Identifies a file by its content and maps its tensors. Reads the header only, in bounded pieces.</summary>
    /// <exception cref="ModelFormatException">The file claims a format and breaks its rules (BW1401 to BW1499).</exception>
    /// <exception cref="StorageException">The object cannot be read, or changed since it was opened.</exception>
    public static async Task<ModelFile> OpenAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        byte[] head = new byte[(int)Math.Min(HeadLength, reader.Source.Size)];
        await reader.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        return IsSafetensors(head, reader.Source)
            ? await SafetensorsFile.ReadAsync(reader, BinaryPrimitives.ReadInt64LittleEndian(head), cancellationToken).ConfigureAwait(false)
            : await OpenOtherAsync(reader, head, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The formats that have a magic first, TorchSharp's last: it has none, and is taken for what parses to the last byte.</summary>
    private static async Task<ModelFile> OpenOtherAsync(IObjectReader reader, byte[] head, CancellationToken cancellationToken)
    {
        if (GgufFile.Looks(head))
            return await GgufFile.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (NpyFile.Looks(head))
            return await NpyFile.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (PickleFile.Looks(head) && !LegacyTorchFile.Looks(head))
            return await PickleFile.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (OnnxFile.MayLook(head) && await OnnxFile.LooksAsync(reader, cancellationToken).ConfigureAwait(false))
            return await OnnxFile.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        return head.Length > 0 && await TorchSharpFile.TryReadAsync(reader, cancellationToken).ConfigureAwait(false) is { } torchSharp
            ? torchSharp
            : new OpaqueFile(reader);
    }

    private static bool IsSafetensors(ReadOnlySpan<byte> head, ObjectRef source)
    {
        string file = source.ToString();
        bool named = source.Name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);
        if (head.Length <= SafetensorsFile.PrefixLength)
            return named ? throw ModelFormatException.NotSafetensors(file, "it is too short to hold a header") : false;

        ulong declared = BinaryPrimitives.ReadUInt64LittleEndian(head);
        bool fits = declared <= (ulong)(source.Size - SafetensorsFile.PrefixLength);
        bool within = declared is >= SafetensorsFile.MinHeaderLength and <= SafetensorsFile.MaxHeaderLength;
        ReadOnlySpan<byte> json = head[SafetensorsFile.PrefixLength..];
        bool braced = json[0] == (byte)'{';
        if (braced && within && fits)
            return true;

        // From here on it is no safetensors file; what remains is whether it is an honest other file.
        if (declared > SafetensorsFile.MaxHeaderLength && (named || (braced && declared <= (ulong)source.Size)))
            throw ModelFormatException.HeaderTooLarge(file, declared, SafetensorsFile.MaxHeaderLength);
        if (!fits && within && (named || braced))
            throw ModelFormatException.HeaderTruncated(file, declared, source.Size);
        bool spaced = within && json[..(int)Math.Min(declared, (ulong)json.Length)].TrimStart(" \t\r\n"u8) is [(byte)'{', ..];
        if (named || spaced)
            throw ModelFormatException.NotSafetensors(file, within ? "the header does not begin with '{'" : "the declared header is too short to be JSON");
        return false;
    }
}
