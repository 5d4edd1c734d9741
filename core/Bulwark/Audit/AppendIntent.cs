using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Storage;

namespace Bulwark.Audit;

/// <summary>
/// A signed note that says "a holder of the log's key is about to append this bundle to that tree".
/// <code>
/// intent/HEX      HEX = SHA-256 of the note's text, which is:
///   bulwark.audit.intent/v1 newline
///   origin newline  size of the tree newline  base64 root of the tree newline
///   name of the bundle newline  base64 SHA-256 of the bundle newline
/// </code>
/// A bundle beyond the checkpoint is either what a living or crashed appender left, to be finished by whoever comes next, or
/// what someone without the key put there to have it signed. Only the first has an intent. An intent is no checkpoint:
/// its first line is not the origin and its second is no number, so it can never be taken for one.
/// </summary>
internal sealed class AppendIntent
{
    private readonly string _text;

    public AppendIntent(LogHead head, TilePath bundle, ReadOnlySpan<byte> bytes)
    {
        Checkpoint tree = head.Checkpoint;
        string digest = Convert.ToBase64String(SHA256.HashData(bytes));
        _text = string.Create(
            CultureInfo.InvariantCulture, $"bulwark.audit.intent/v1\n{tree.Origin}\n{tree.Size}\n{tree.Root.ToBase64()}\n{bundle}\n{digest}\n");
        Name = "intent/" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_text)));
    }

    /// <summary>The object's name.</summary>
    public string Name { get; }

    /// <summary>Declares the intent.</summary>
    public async Task WriteAsync(LogObjects objects, LogSigner signer, CancellationToken cancellationToken)
    {
        SignedNote note = await signer.SignAsync(_text, cancellationToken);
        await objects.TryWriteAsync(Name, Encoding.UTF8.GetBytes(note.ToString()), WriteCondition.Any, cancellationToken);
    }

    /// <summary>Whether a holder of one of the keys declared it.</summary>
    public async Task<bool> IsDeclaredAsync(LogObjects objects, IReadOnlyList<NoteVerifierKey> keys, CancellationToken cancellationToken) =>
        await objects.ReadAsync(Name, SignedNote.MaxBytes, cancellationToken) is { } found
        && SignedNote.TryParse(found.Bytes, out _) is { } note && note.Text == _text && note.IsSignedBy(keys, out _);
}
