using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bulwark.Models;

/// <summary>Writes the head of a safetensors file; the tensors' bytes follow it in the order given, back to back.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    /// <summary>The eight length bytes and the JSON header, padded with spaces to a multiple of eight.</summary>
    /// <param name="tensors">Name, element type and dimensions of each tensor, in the order of their data.</param>
    /// <param name="metadata">Text for <c>__metadata__</c>, written in ordinal order of its keys; null or empty for none.</param>
    /// <exception cref="ArgumentException">A name is empty, repeated or reserved, a dimension is negative, elements do not fill whole bytes, or the header is too long.</exception>
    /// <exception cref="OverflowException">The tensors together are 2^63 bytes or more.</exception>
    public static byte[] WriteHeader(
        IReadOnlyList<(string Name, DType DType, ImmutableArray<long> Shape)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var json = new ArrayBufferWriter<byte>();
        var names = new HashSet<string>(StringComparer.Ordinal) { "", "__metadata__" };
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                    writer.WriteString(key, value);
                writer.WriteEndObject();
            }

            long offset = 0;
            foreach ((string name, DType dtype, ImmutableArray<long> shape) in tensors)
            {
                if (!names.Add(name))
                    throw new ArgumentException($"The tensor name {ModelFormatException.Quote(name)} is empty, repeated or reserved.", nameof(tensors));
                if (!dtype.IsSafetensors())
                    throw new ArgumentException($"Tensor {ModelFormatException.Quote(name)} is {dtype}, which safetensors cannot hold.", nameof(tensors));
                long end = checked(offset + ByteLength(dtype, shape));
                WriteEntry(writer, name, dtype, shape, offset, end);
                offset = end;
            }

            writer.WriteEndObject();
        }

        int padded = checked((json.WrittenCount + Alignment - 1) / Alignment * Alignment);
        if (padded > SafetensorsFile.MaxHeaderLength)
            throw new ArgumentException($"The header would have {padded} bytes; the format allows {SafetensorsFile.MaxHeaderLength}.", nameof(tensors));
        byte[] head = new byte[SafetensorsFile.PrefixLength + padded];
        BinaryPrimitives.WriteInt64LittleEndian(head, padded);
        json.WrittenSpan.CopyTo(head.AsSpan(SafetensorsFile.PrefixLength));
        head.AsSpan(SafetensorsFile.PrefixLength + json.WrittenCount).Fill((byte)' ');
        return head;
    }

    /// <summary>Bytes of a tensor.</summary>
    private static long ByteLength(DType dtype, ImmutableArray<long> shape)
    {
        long count = 1;
        foreach (long dimension in shape)
            count = dimension >= 0 ? checked(count * dimension) : throw new ArgumentException("A dimension is negative.", nameof(shape));
        long bits = checked(count * dtype.BitWidth());
        return bits % 8 == 0 ? bits / 8 : throw new ArgumentException($"{count} elements of {dtype} do not fill whole bytes.", nameof(shape));
    }

    private static void WriteEntry(Utf8JsonWriter writer, string name, DType dtype, ImmutableArray<long> shape, long begin, long end)
    {
        writer.WriteStartObject(name);
        writer.WriteString("dtype"u8, dtype.ToString());
        writer.WriteStartArray("shape"u8);
        foreach (long dimension in shape)
            writer.WriteNumberValue(dimension);
        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets"u8);
        writer.WriteNumberValue(begin);
        writer.WriteNumberValue(end);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
