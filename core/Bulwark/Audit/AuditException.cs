namespace Bulwark.Audit;

/// <summary>The audit log refused or cannot be trusted. Codes BW1301 to BW1399.</summary>
public sealed class AuditException : BulwarkException
{
    private AuditException(string code, ErrorKind kind, string message, string remedy, Exception? inner = null)
        : base(code, kind, message, remedy, inner)
    {
    }

    /// <summary>BW1301: there are entries but no checkpoint.</summary>
    public static AuditException CheckpointMissing(string log) =>
        new("BW1301", ErrorKind.Refused, $"The audit log {log} holds entries but no checkpoint; it was deleted.", "Restore the object 'checkpoint' from a backup or a witness, then run 'bulwark log verify'.");

    /// <summary>BW1302: the checkpoint is not a well-formed signed note.</summary>
    public static AuditException CheckpointMalformed(string what, string why) =>
        new("BW1302", ErrorKind.Refused, $"The checkpoint {what} is malformed: {why}.", "Restore the object 'checkpoint' from a backup or a witness, then run 'bulwark log verify'.");

    /// <summary>BW1303: no trusted key signed the checkpoint, or a trusted key's signature is wrong.</summary>
    public static AuditException CheckpointNotSigned(string what, string why) =>
        new("BW1303", ErrorKind.Refused, $"The checkpoint {what} is not to be trusted: {why}.", "Check that the right log key is in use; otherwise the checkpoint was forged or altered: restore it and find out who could write there.");

    /// <summary>BW1304: the checkpoint belongs to another log.</summary>
    public static AuditException WrongOrigin(string what, string found, string expected) =>
        new("BW1304", ErrorKind.Refused, $"The checkpoint {what} is of the log '{found}', not of '{expected}'.", "Name the right log, or restore the checkpoint of this one.");

    /// <summary>BW1305: the log is smaller than it was when it was last seen.</summary>
    public static AuditException RolledBack(string log, long size, long remembered) =>
        new("BW1305", ErrorKind.Refused, $"The audit log {log} has {size} entries but had {remembered} when it was last seen: it was rolled back.", "Restore the log from a backup that has every entry; do not append to it before.");

    /// <summary>BW1306: the log is no continuation of the one that was last seen.</summary>
    public static AuditException Inconsistent(string log, long size, long remembered) =>
        new("BW1306", ErrorKind.Refused, $"The audit log {log} of {size} entries is no continuation of the one of {remembered} entries that was last seen.", "Run 'bulwark log verify' to see where they part; either the history or its tiles were replaced.");

    /// <summary>BW1307: a tile or bundle that an operation relies on does not match the checkpoint.</summary>
    public static AuditException Damaged(string what, string why) =>
        new("BW1307", ErrorKind.Refused, $"{what} of the audit log is damaged: {why}.", "Run 'bulwark log verify' to see the first bad entry, restore that object from a backup, then append again.");

    /// <summary>BW1308: an entry that cannot be written to the log.</summary>
    public static AuditException EntryRefused(string why) =>
        new("BW1308", ErrorKind.Fault, $"The audit entry is refused: {why}.", "Shorten or correct the entry's members; nothing was appended.");

    /// <summary>BW1309: bytes in the log that are not an audit entry of a known version.</summary>
    public static AuditException EntryMalformed(string why, Exception? inner = null) =>
        new("BW1309", ErrorKind.Refused, $"An entry of the audit log is not a Bulwark audit entry: {why}.", "Read it with the version of Bulwark that wrote it; its inclusion in the log can be verified all the same.", inner);

    /// <summary>BW1310: other writers were always faster.</summary>
    public static AuditException Contended(string log, int attempts) =>
        new("BW1310", ErrorKind.Fault, $"The entry could not be appended to {log} in {attempts} attempts; other writers were always faster.", "Append the same entry again; it will be in the log once.");

    /// <summary>BW1311: a key or key name that cannot be used for signed notes.</summary>
    public static AuditException BadKey(string why) =>
        new("BW1311", ErrorKind.Fault, $"The audit log's key cannot be used: {why}.", "Use an Ed25519 key and a name without spaces or '+', such as 'example.com/bulwark/audit'.");

    /// <summary>BW1312: an index or size outside the log.</summary>
    public static AuditException OutOfRange(string what, long value, long size) =>
        new("BW1312", ErrorKind.Fault, $"The {what} {value} is outside the audit log, which has {size} entries.", "Ask for an entry that exists.");

    /// <summary>BW1313: the document that remembers the last seen checkpoint cannot be used.</summary>
    public static AuditException MemoryMalformed(string why, Exception? inner = null) =>
        new("BW1313", ErrorKind.Refused, $"The remembered checkpoint cannot be used: {why}.", "Find out who changed the state store; delete the document only after 'bulwark log verify' and a comparison with a witness.", inner);

    /// <summary>BW1314: a proof file that cannot be read.</summary>
    public static AuditException ProofMalformed(string why) =>
        new("BW1314", ErrorKind.Refused, $"The inclusion proof is malformed: {why}.", "Ask the log for a new proof of the entry.");
}
