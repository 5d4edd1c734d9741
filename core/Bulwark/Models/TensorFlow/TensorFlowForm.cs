using System.Text;

namespace Bulwark.Models.TensorFlow;

/// <summary>Files of TensorFlow that are protocol buffers.</summary>
internal enum TensorFlowForm
{
    /// <summary>saved_model.pb.</summary>
    SavedModel,

    /// <summary>A graph alone, as frozen models are.</summary>
    Graph,

    /// <summary>A graph with its savers, as the .meta file of a checkpoint is.</summary>
    MetaGraph,

    /// <summary>keras_metadata.pb.</summary>
    KerasMetadata,
}

/// <summary>Tells what file of TensorFlow a head is of. There are no magic numbers; the first fields must be what they are in every such file.</summary>
internal static class TensorFlowForms
{
    /// <summary>Tells it; null for anything else.</summary>
    public static TensorFlowForm? Of(ReadOnlySpan<byte> head)
    {
        // A SavedModel begins with schema version 1 and a graph.
        if (head is [0x08, 0x01, 0x12, ..])
            return TensorFlowForm.SavedModel;
        if (head is not [0x0A, ..] || !TryNumber(head[1..], out ulong length, out int width))
            return null;
        ReadOnlySpan<byte> rest = head[(1 + width)..];
        ReadOnlySpan<byte> first = rest[..(int)Math.Min(length, (ulong)rest.Length)];
        bool whole = (ulong)first.Length == length;
        bool node = false, named = false, keras = false, version = false;
        while (!first.IsEmpty)
        {
            int field = first[0] >> 3;
            int wire = first[0] & 7;
            if (wire is not (0 or 2) || field == 0 || !TryNumber(first[1..], out ulong value, out width))
                return null;
            first = first[(1 + width)..];
            if (wire == 0)
                continue;
            if (value > (ulong)first.Length && whole)
                return null;
            ReadOnlySpan<byte> text = first[..(int)Math.Min(value, (ulong)first.Length)];
            first = first[text.Length..];
            named |= field == 1 && IsName(text);
            node |= field == 2 && named && IsOperation(text);
            keras |= field == 3 && text.StartsWith("_tf_keras_"u8);
            version |= field == 5 && text is [>= (byte)'0' and <= (byte)'9', (byte)'.', ..];
        }

        if (keras)
            return TensorFlowForm.KerasMetadata;
        if (node)
            return TensorFlowForm.Graph;
        return version && whole && rest.Length > (int)length && rest[(int)length] == 0x12 ? TensorFlowForm.MetaGraph : null;
    }

    private static bool IsName(ReadOnlySpan<byte> text) => !text.IsEmpty && Ascii.IsValid(text) && !text.ContainsAnyInRange((byte)0, (byte)' ');

    private static bool IsOperation(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] is not ((>= (byte)'A' and <= (byte)'Z') or (byte)'_'))
            return false;
        foreach (byte c in text)
        {
            if (!(char.IsAsciiLetterOrDigit((char)c) || c is (byte)'_' or (byte)'>' or (byte)'.'))
                return false;
        }

        return true;
    }

    private static bool TryNumber(ReadOnlySpan<byte> bytes, out ulong number, out int width)
    {
        number = 0;
        for (width = 0; width < Math.Min(10, bytes.Length); width++)
        {
            number |= (ulong)(bytes[width] & 0x7F) << (7 * width);
            if (bytes[width] < 0x80)
            {
                width++;
                return true;
            }
        }

        return false;
    }
}
