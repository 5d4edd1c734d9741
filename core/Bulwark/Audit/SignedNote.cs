using System.Buffers.Binary;
using System.Text;

namespace Bulwark.Audit;

/// <summary>
/// Text signed by one or more keys (C2SP signed-note).
/// <code>
/// text            lines, the last one ended by a newline
/// newline         the last empty line of the note
/// signatures      one a line:  U+2014 SP key-name SP base64(uint32 big-endian key ID || signature) newline
/// </code>
/// </summary>
/// <param name="Text">What is signed, with its last newline.</param>
/// <param name="Signatures">Signatures, verified or not.</param>
public sealed record SignedNote(string Text, IReadOnlyList<NoteSignature> Signatures)
{
    /// <summary>Bytes of a note at most; room for 16 post-quantum signatures.</summary>
    public const int MaxBytes = 128 * 1024;

    private const int MaxSignatures = 100;
    private const string SignaturePrefix = "— ";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a note. Null with the reason when it is malformed.</summary>
    public static SignedNote? TryParse(ReadOnlySpan<byte> bytes, out string why)
    {
        why = "";
        if (bytes.Length > MaxBytes)
            return Refuse($"it has {bytes.Length} bytes, more than {MaxBytes}", out why);
        string note;
        try
        {
            note = StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Refuse("it is not UTF-8", out why);
        }

        if (note.Any(c => c < ' ' && c != '\n'))
            return Refuse("it has a control character", out why);
        int split = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || !note.EndsWith('\n') || split + 2 >= note.Length)
            return Refuse("it has no signatures", out why);
        string[] lines = note[(split + 2)..^1].Split('\n');
        if (lines.Length > MaxSignatures)
            return Refuse($"it has more than {MaxSignatures} signatures", out why);
        List<NoteSignature> signatures = [];
        foreach (string line in lines)
        {
            if (ParseSignature(line) is not { } signature)
                return Refuse("a signature line is malformed", out why);
            signatures.Add(signature);
        }

        return new SignedNote(note[..(split + 1)], signatures);
    }

    /// <summary>
    /// Whether a known key signed the text. Signatures of unknown keys are passed over; a wrong one of a known key condemns the note.
    /// </summary>
    public bool IsSignedBy(IReadOnlyList<NoteVerifierKey> keys, out string why)
    {
        ArgumentNullException.ThrowIfNull(keys);
        byte[] text = Encoding.UTF8.GetBytes(Text);
        bool signed = false;
        foreach (NoteSignature signature in Signatures)
        {
            NoteVerifierKey? key = keys.FirstOrDefault(k => k.Id == signature.KeyId && k.Name == signature.Name);
            if (key is null)
                continue;
            if (!key.Verify(text, signature.Signature.Span))
            {
                why = $"the signature of the key {key.Name} ({key.Id:x8}) is wrong";
                return false;
            }

            signed = true;
        }

        why = signed ? "" : "no trusted key signed it";
        return signed;
    }

    /// <summary>The note as it is stored.</summary>
    public override string ToString()
    {
        StringBuilder note = new(Text);
        note.Append('\n');
        foreach (NoteSignature signature in Signatures)
        {
            byte[] bytes = new byte[4 + signature.Signature.Length];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, signature.KeyId);
            signature.Signature.CopyTo(bytes.AsMemory(4));
            note.Append(SignaturePrefix).Append(signature.Name).Append(' ').Append(Convert.ToBase64String(bytes)).Append('\n');
        }

        return note.ToString();
    }

    private static SignedNote? Refuse(string reason, out string why)
    {
        why = reason;
        return null;
    }

    private static NoteSignature? ParseSignature(string line)
    {
        if (!line.StartsWith(SignaturePrefix, StringComparison.Ordinal))
            return null;
        string[] parts = line[SignaturePrefix.Length..].Split(' ');
        if (parts.Length != 2 || !NoteVerifierKey.IsName(parts[0]))
            return null;
        byte[] bytes = new byte[(parts[1].Length * 3 / 4) + 3];
        if (!Convert.TryFromBase64String(parts[1], bytes, out int length) || length <= 4
            || Convert.ToBase64String(bytes, 0, length) != parts[1])
            return null;
        return new NoteSignature(parts[0], BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsMemory(4, length - 4));
    }
}
