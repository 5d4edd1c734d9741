using System.Buffers.Binary;
using System.Collections.Immutable;
using Bulwark.Models.Gguf;
using Bulwark.Models.Hdf5;
using Bulwark.Models.Numpy;
using Bulwark.Models.Onnx;
using Bulwark.Models.Pickle;
using Bulwark.Models.SevenZip;
using Bulwark.Models.Tar;
using Bulwark.Models.TensorFlow;
using Bulwark.Models.Torch;
using Bulwark.Models.TorchSharp;
using Bulwark.Models.Zip;
using Bulwark.Storage;

namespace Bulwark.Models;

/// <summary>
/// The map of a model file: which format it is and where each tensor lies. Nothing in the file is ever executed,
/// and no tensor byte is read but to decompress what comes after it. The reader stays the caller's to dispose.
/// </summary>
/// <remarks>
/// <code>
/// what the head says (n = u64 little-endian at 0)                         answer
/// 2 &lt;= n &lt;= 100,000,000, 8 + n &lt;= size, '{' at 8                       safetensors: every rule must hold, or it is refused
/// the same, but 8 + n &gt; size                                              refused (BW1403): a safetensors file cut short
/// 100,000,000 &lt; n &lt;= size, '{' at 8                                     refused (BW1402): header above the limit
/// 2 &lt;= n &lt;= 100,000,000, 8 + n &lt;= size, JSON white space then '{'      refused (BW1401): the header must begin with '{'
/// "GGUF"; 93 "NUMPY"                                                      gguf, npy: their rules must hold
/// the 15 bytes of PyTorch's first pickle; 80 02..05                       pytorch-legacy; pickle or joblib (by the arrays in it)
/// "PK" 03 04, or of an empty archive, by the names of its members         pytorch, torchscript, torch-package, keras, npz: their rules must hold; zip
/// a tar header whose sum is right                                         pytorch-tar when it has members pickle and storages; tar
/// 7z                                                                      7z: not looked into
/// zlib, gzip, bzip2, xz, lzma, lz4                                        those: the arrays of a pickle inside are named, none can be edited
/// 89 "HDF" 0D 0A 1A 0A at 0, 512, 1024, 2048, ...                         hdf5: its rules must hold
/// fields of ONNX's ModelProto; of a SavedModel, a graph, Keras' metadata  onnx; savedmodel, tensorflow-graph, keras-metadata
/// the magic of a table in the last 8 bytes                                tensor-bundle
/// a file that parses to its last byte as TorchSharp's                     torchsharp
/// anything else                                                           opaque
/// </code>
/// A name never makes a file safetensors. It can only make the answer stricter: a file named <c>*.safetensors</c> that is
/// not one is refused instead of being passed on as opaque bytes, because the next reader would go by its name.
/// </remarks>
public abstract class ModelFile
{
    private const int HeadLength = 64;
    private const int LongHeadLength = 4096;

    private protected ModelFile(IObjectReader reader, ImmutableArray<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Reader = reader;
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>Lower-case name of the format, as the table of <see cref="ModelFile"/> has it: <c>safetensors</c>, <c>gguf</c>, <c>onnx</c>, <c>pytorch</c>, <c>opaque</c> and so on.</summary>
    public abstract string Format { get; }

    /// <summary>The tensors in the order of their first bytes; among empty tensors at one place, by ordinal name.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Tensors that the file names and that are not among <see cref="Tensors"/>, and why.</summary>
    public virtual IReadOnlyList<UnmappedTensor> Unmapped => [];

    /// <summary>Why no byte of the file may be edited, whatever its tensors: a clause, to be followed by nothing. Null when <see cref="Tensors"/> may be.</summary>
    public virtual string? NotMarkable => null;

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
            : await OpenOtherAsync(reader, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The formats that have a magic first, TorchSharp's last: it has none, and is taken for what parses to the last byte.</summary>
    private static async Task<ModelFile> OpenOtherAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(LongHeadLength, reader.Source.Size)];
        await reader.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (GgufFile.Looks(head))
            return await GgufFile.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (NpyFile.Looks(head))
            return await NpyFile.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (LegacyTorchFile.Looks(head))
            return await LegacyTorchFile.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (PickleFile.Looks(head))
            return await PickleFile.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (ZipDirectory.Looks(head))
            return await ZipFormat.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (TarArchive.Looks(head))
            return await OpenTarAsync(reader, cancellationToken).ConfigureAwait(false);
        if (SevenZipArchive.Looks(head))
            return new OpaqueFile(reader, "7z", "a 7z archive is compressed, and an edit would mean to pack it again");
        if (CompressedFormat.Of(head) is { } compressed)
            return await CompressedFile.ReadAsync(reader, compressed, cancellationToken).ConfigureAwait(false);
        if (await Hdf5File.LooksAsync(reader, cancellationToken).ConfigureAwait(false))
            return await Hdf5File.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (OnnxFile.MayLook(head) && await OnnxFile.LooksAsync(reader, cancellationToken).ConfigureAwait(false))
            return await OnnxFile.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (TensorFlowForms.Of(head) is { } form)
            return await SavedModelFile.ReadAsync(reader, form, cancellationToken).ConfigureAwait(false);
        if (await TensorBundleFile.LooksAsync(reader, cancellationToken).ConfigureAwait(false))
            return await TensorBundleFile.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        return head.Length > 0 && await TorchSharpFile.TryReadAsync(reader, cancellationToken).ConfigureAwait(false) is { } torchSharp
            ? torchSharp
            : new OpaqueFile(reader);
    }

    private static async Task<ModelFile> OpenTarAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        TarArchive archive = await TarArchive.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (archive.Faults.Count > 0)
            throw ModelFormatException.BadTar(reader.Source.ToString(), archive.End, archive.Faults[0]);
        return TorchTarFile.Is(archive)
            ? await TorchTarFile.ReadAsync(archive, cancellationToken).ConfigureAwait(false)
            : new OpaqueFile(reader, "tar", "a tar archive that is not PyTorch's is not looked into for weights");
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
