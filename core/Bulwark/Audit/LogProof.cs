using System.Globalization;
using System.Text;

namespace Bulwark.Audit;

/// <summary>
/// A proof of inclusion that verifies offline (C2SP tlog-proof; files end in <c>.tlog-proof</c>).
/// <code>
/// c2sp.org/tlog-proof@v1 newline
/// index N newline
/// base64 hash newline, for each hash of the path, leaf's sibling first
/// newline
/// the signed checkpoint
/// </code>
/// </summary>
/// <param name="Index">The entry's index, from 0.</param>
/// <param name="Path">Sibling hashes, leaf's first.</param>
/// <param name="SignedCheckpoint">The checkpoint as a signed note.</param>
public sealed record LogProof(long Index, IReadOnlyList<MerkleHash> Path, string SignedCheckpoint)
{
    private const string Header = "c2sp.org/tlog-proof@v1";
    private const int MaxPath = 63;

    /// <summary>Reads a proof; extra data, which nothing authenticates, is passed over.</summary>
    /// <exception cref="AuditException">BW1314.</exception>
    public static LogProof Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int split = text.Length > 2 * SignedNote.MaxBytes ? -1 : text.IndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0)
            throw AuditException.ProofMalformed("it has no checkpoint");
        List<string> lines = [.. text[..split].Split('\n')];
        if (lines.Count > 1 && lines[1].StartsWith("extra ", StringComparison.Ordinal))
            lines.RemoveAt(1);
        if (lines.Count is < 2 or > MaxPath + 2 || lines[0] != Header)
            throw AuditException.ProofMalformed($"it does not begin with '{Header}' and an index");
        if (!lines[1].StartsWith("index ", StringComparison.Ordinal)
            || !long.TryParse(lines[1].AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out long index)
            || lines[1] != string.Create(CultureInfo.InvariantCulture, $"index {index}"))
            throw AuditException.ProofMalformed("its index is no number");
        List<MerkleHash> path = [];
        foreach (string line in lines.Skip(2))
            path.Add(MerkleHash.TryParseBase64(line, out MerkleHash hash) ? hash : throw AuditException.ProofMalformed("a line is no hash"));
        return new LogProof(index, path, text[(split + 2)..]);
    }

    /// <summary>Checks the checkpoint's signature and the path of an entry's bytes to its root.</summary>
    /// <returns>The verified checkpoint, or null when the path does not lead to its root.</returns>
    /// <exception cref="AuditException">BW1302, BW1303, BW1304: the checkpoint is not to be trusted.</exception>
    public Checkpoint? Verify(ReadOnlySpan<byte> entry, string origin, IReadOnlyList<NoteVerifierKey> keys)
    {
        Checkpoint checkpoint = Checkpoint.Open("in the proof", Encoding.UTF8.GetBytes(SignedCheckpoint), origin, keys);
        InclusionProof proof = new(Index, checkpoint.Size, Path);
        return proof.Verifies(MerkleTree.HashLeaf(entry), checkpoint.Root) ? checkpoint : null;
    }

    /// <summary>The proof file's text.</summary>
    public override string ToString()
    {
        StringBuilder text = new(Header);
        text.Append(CultureInfo.InvariantCulture, $"\nindex {Index}\n");
        foreach (MerkleHash hash in Path)
            text.Append(hash.ToBase64()).Append('\n');
        return text.Append('\n').Append(SignedCheckpoint).ToString();
    }
}
