using System.Buffers.Binary;
using Bulwark.Models;
using Bulwark.Models.Hdf5;
using Bulwark.Models.Numpy;
using Bulwark.Models.Onnx;
using Bulwark.Models.Tar;
using Bulwark.Models.TensorFlow;
using Bulwark.Models.Torch;
using Bulwark.Models.TorchSharp;
using Bulwark.Models.Zip;
using Bulwark.Scanning.Configs;
using Bulwark.Scanning.Containers;
using Bulwark.Scanning.Gguf;
using Bulwark.Scanning.Pickle;
using Bulwark.Scanning.SavedModel;
using Bulwark.Storage;

namespace Bulwark.Scanning;

/// <summary>Says what content is by its bytes. A name only helps to tell kinds of text apart.</summary>
internal static class ContentFormat
{
    /// <summary>What is nothing known.</summary>
    public const string Opaque = "opaque";

    /// <summary>JSON, YAML and templates.</summary>
    public const string Text = "text";

    private const int HeadLength = 4096;

    /// <summary>Index of a SavedModel's variables; has its magic at its end.</summary>
    public const string TensorBundle = "tensor-bundle";

    /// <summary>A file or archive compressed in a way that is not read here.</summary>
    public const string Zstandard = "zstd";

    private const int TailLength = 8;

    /// <summary>Identifies content.</summary>
    public static async Task<string> OfAsync(IObjectReader content, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(HeadLength, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (LooksSafetensors(head, content.Source.Size))
            return "safetensors";
        if (GgufScanner.Looks(head))
            return "gguf";
        if (NpyFile.Looks(head))
            return "npy";
        if (PickleScanner.IsTorchMagic(head))
            return "pytorch-legacy";
        if (PickleScanner.LooksLikePickle(head))
            return "pickle";
        if (OfContainer(head) is { } container)
            return container;
        if (await Hdf5File.LooksAsync(content, cancellationToken).ConfigureAwait(false))
            return "hdf5";
        if (OnnxFile.MayLook(head) && await OnnxFile.LooksAsync(content, cancellationToken).ConfigureAwait(false))
            return "onnx";
        if (SavedModelScanner.Looks(head))
            return "savedmodel";
        if (content.Source.Size > TailLength)
        {
            byte[] tail = new byte[TailLength];
            await content.ReadAsync(content.Source.Size - TailLength, tail, cancellationToken).ConfigureAwait(false);
            if (SavedModelScanner.LooksIndex(tail))
                return TensorBundle;
        }

        // Pickles of protocol 0 and 1 have no magic, and are text; one may be named as any other text.
        if (head.Length > 0 && await PickleScanner.LooksLikePickleAsync(content, 0, cancellationToken).ConfigureAwait(false))
            return "pickle";
        if (ConfigScanner.Looks(head, content.Source.Name))
            return Text;
        return head.Length > 0 && await TorchSharpFile.TryReadAsync(content, cancellationToken).ConfigureAwait(false) is not null ? "torchsharp" : Opaque;
    }

    /// <summary>The name of the format, as <see cref="ModelFile.Format"/> has it, of content that is of a kind. A zip archive has its from <see cref="ZipFormat.NameOf"/>.</summary>
    /// <param name="content">The content.</param>
    /// <param name="kind">What <see cref="OfAsync"/> said.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<string> NameAsync(IObjectReader content, string kind, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case "tar":
                return TorchTarFile.Is(await TarArchive.ReadAsync(content, cancellationToken).ConfigureAwait(false)) ? TorchTarFile.Name : kind;
            case "savedmodel":
                byte[] head = new byte[(int)Math.Min(HeadLength, content.Source.Size)];
                await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
                return TensorFlowForms.Of(head) is { } form ? SavedModelFile.NameOf(form) : kind;
            default:
                return kind;
        }
    }

    private static bool LooksSafetensors(ReadOnlySpan<byte> head, long size)
    {
        if (head.Length <= SafetensorsFile.PrefixLength)
            return false;
        ulong declared = BinaryPrimitives.ReadUInt64LittleEndian(head);
        ReadOnlySpan<byte> json = head[SafetensorsFile.PrefixLength..];
        return json[0] == (byte)'{'
            ? declared <= (ulong)Math.Max(size, SafetensorsFile.MaxHeaderLength)
            : declared <= SafetensorsFile.MaxHeaderLength && declared <= (ulong)size && json.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];
    }

    private static string? OfContainer(ReadOnlySpan<byte> head)
    {
        if (ZipDirectory.Looks(head))
            return "zip";
        if (SevenZipScanner.Looks(head))
            return "7z";
        if (TarArchive.Looks(head))
            return "tar";
        if (head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]))
            return Zstandard;
        return CompressedFormat.Of(head)?.Name;
    }
}
