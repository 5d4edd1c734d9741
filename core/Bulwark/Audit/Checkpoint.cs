using System.Globalization;

namespace Bulwark.Audit;

/// <summary>
/// What a log's signature vouches for (C2SP tlog-checkpoint).
/// <code>
/// origin newline
/// size, decimal without leading zeros, newline
/// base64 of the 32-byte root newline
/// extension lines, none of them empty; we write none
/// </code>
/// </summary>
/// <param name="Origin">The log's name.</param>
/// <param name="Size">Entries in the tree.</param>
/// <param name="Root">The tree's root hash.</param>
public sealed record Checkpoint(string Origin, long Size, MerkleHash Root)
{
    /// <summary>Entries in a log at most; keeps every index far from overflow.</summary>
    public const long MaxSize = 1L << 48;

    /// <summary>The object's name in a log.</summary>
    public const string ObjectName = "checkpoint";

    /// <summary>The note text that is signed.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Root.ToBase64()}\n");

    /// <summary>Verifies a signed checkpoint and reads it.</summary>
    /// <param name="what">Names the checkpoint in errors.</param>
    /// <param name="note">The object's bytes.</param>
    /// <param name="origin">The log it must be of.</param>
    /// <param name="keys">The keys that may have signed it.</param>
    /// <exception cref="AuditException">BW1302 malformed, BW1303 not signed by a trusted key, BW1304 of another log.</exception>
    public static Checkpoint Open(string what, ReadOnlySpan<byte> note, string origin, IReadOnlyList<NoteVerifierKey> keys)
    {
        SignedNote signed = SignedNote.TryParse(note, out string why) ?? throw AuditException.CheckpointMalformed(what, why);
        if (!signed.IsSignedBy(keys, out why))
            throw AuditException.CheckpointNotSigned(what, why);
        string[] lines = signed.Text[..^1].Split('\n');
        if (lines.Length < 3 || lines.Contains(""))
            throw AuditException.CheckpointMalformed(what, "it has no origin, size and root");
        if (lines[0] != origin)
            throw AuditException.WrongOrigin(what, lines[0], origin);
        if (!long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size) || size > MaxSize
            || lines[1] != size.ToString(CultureInfo.InvariantCulture))
            throw AuditException.CheckpointMalformed(what, $"its size is no number from 0 to {MaxSize}");
        if (!MerkleHash.TryParseBase64(lines[2], out MerkleHash root))
            throw AuditException.CheckpointMalformed(what, "its root is no base64 of 32 bytes");
        if (size == 0 && root != MerkleTree.EmptyRoot)
            throw AuditException.CheckpointMalformed(what, "it has no entries but the root of some");
        return new Checkpoint(origin, size, root);
    }
}
