using System.Text;
using Bulwark.Keys;

namespace Bulwark.Audit;

/// <summary>Signs notes in the name of a log with an Ed25519 key.</summary>
public sealed class LogSigner
{
    private readonly ISigningKey _key;

    /// <summary>Names a key; a log's name is its origin.</summary>
    /// <exception cref="AuditException">BW1311: another kind of key, or a bad name.</exception>
    public LogSigner(ISigningKey key, string name)
    {
        ArgumentNullException.ThrowIfNull(key);
        _key = key;
        VerifierKey = NoteVerifierKey.FromPem(name, key.PublicKeyPem);
    }

    /// <summary>What verifies this signer's notes.</summary>
    public NoteVerifierKey VerifierKey { get; }

    /// <summary>Signs text that ends in a newline.</summary>
    public async Task<SignedNote> SignAsync(string text, CancellationToken cancellationToken)
    {
        byte[] signature = await _key.SignAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        return new SignedNote(text, [new NoteSignature(VerifierKey.Name, VerifierKey.Id, signature)]);
    }
}
