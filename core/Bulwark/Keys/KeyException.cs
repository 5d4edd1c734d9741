namespace Bulwark.Keys;

/// <summary>A key is missing, unsafe, or not the right one. Codes BW1201 to BW1299.</summary>
public sealed class KeyException : BulwarkException
{
    private KeyException(string code, ErrorKind kind, string message, string remedy, Exception? inner = null)
        : base(code, kind, message, remedy, inner)
    {
    }

    /// <summary>BW1201: the key material cannot be parsed or is of an unsupported kind.</summary>
    public static KeyException Malformed(string what, string why, Exception? inner = null) =>
        new("BW1201", ErrorKind.Fault, $"{what} is not a usable key: {why}.", "Use a key made by 'bulwark keys', or one of the documented kinds.", inner);

    /// <summary>BW1202: a key file that others can read.</summary>
    public static KeyException Exposed(string path, string mode) =>
        new("BW1202", ErrorKind.Refused, $"The key file {path} has mode {mode}; others could read it.", $"Run 'chmod 600 {path}', then decide whether the key must be rotated.");

    /// <summary>BW1202: a folder of keys in which others could put or replace files.</summary>
    public static KeyException ExposedFolder(string path, string mode) =>
        new("BW1202", ErrorKind.Refused, $"The folder of keys {path} has mode {mode}; others could change what is in it.", $"Run 'chmod 700 {path}', then decide whether the keys must be rotated.");

    /// <summary>BW1202: a key file or folder that belongs to another user, who could change it.</summary>
    public static KeyException OwnedByOther(string path, uint userId) =>
        new("BW1202", ErrorKind.Refused, $"{path} belongs to user {userId}, not to the user who runs this program.", "Run as the owner of the keys, or set BULWARK_HOME to a folder of your own.");

    /// <summary>BW1203: unwrapping failed: another key, other associated data, or an altered ciphertext.</summary>
    public static KeyException CannotUnwrap(string keyUri, Exception? inner = null) =>
        new("BW1203", ErrorKind.Refused, $"The key {keyUri} does not open this keyset.", "Use the key it was wrapped with, and the unaltered sidecar.", inner);

    /// <summary>BW1204: a key that is named is not there.</summary>
    public static KeyException NotFound(string keyUri, Exception? inner = null) =>
        new("BW1204", ErrorKind.Fault, $"The key {keyUri} is not available here.", "Check its name. For a key on this machine, set BULWARK_HOME to the folder that holds it, or restore it from backup; for one in a cloud, check account and region.", inner);

    /// <summary>BW1205: a key file that is empty, cut short, or altered.</summary>
    public static KeyException Damaged(string path, string why, Exception? inner = null) =>
        new("BW1205", ErrorKind.Fault, $"The key file {path} is damaged: {why}.", "Restore it from your backup of the keys folder; what this key locked cannot be opened without it. Make no new key in its place.", inner);

    /// <summary>BW1206: a sealed secret in the state store that is not what was written there.</summary>
    public static KeyException SecretDamaged(string id, string why, Exception? inner = null) =>
        new("BW1206", ErrorKind.Fault, $"The sealed secret '{id}' in the state store is damaged: {why}.", "Restore that document from the store's backup; what this secret locked cannot be opened without it. Make no new one in its place.", inner);

    /// <summary>BW1207: a key in a KMS that exists, but is switched off or about to be deleted.</summary>
    public static KeyException Disabled(string keyUri, string why, Exception? inner = null) =>
        new("BW1207", ErrorKind.Fault, $"The key {keyUri} cannot be used now: {why}.", "Enable the key, or cancel its deletion, if that was not on purpose; what it wrapped cannot be opened without it.", inner);

    /// <summary>BW1208: the KMS does not let this identity use the key.</summary>
    /// <param name="keyUri">Names the key.</param>
    /// <param name="permission">What is missing, in the cloud's own words, such as <c>kms:Decrypt</c>.</param>
    /// <param name="inner">The cause.</param>
    public static KeyException NotPermitted(string keyUri, string permission, Exception? inner = null) =>
        new("BW1208", ErrorKind.Fault, $"This identity may not use the key {keyUri}: {permission} is not granted to it.", "Grant that permission for this key in the identity's policy and in the key's, with conditions that fit the request; docs/keys.md says what each is for.", inner);

    /// <summary>BW1209: the KMS cannot be reached, is overloaded, or fails, and trying again did not help.</summary>
    public static KeyException Unavailable(string keyUri, string why, Exception? inner = null) =>
        new("BW1209", ErrorKind.Fault, $"The key service does not answer for {keyUri}: {why}.", "Try again later; if it persists, check the network, the service's status and its request quota.", inner);

    /// <summary>BW1210: the KMS answered, but with something that cannot be right, or that Bulwark did not expect.</summary>
    public static KeyException UnexpectedAnswer(string keyUri, string why, Exception? inner = null) =>
        new("BW1210", ErrorKind.Fault, $"The key service gave no good answer for {keyUri}: {why}.", "Check that the endpoint and the credentials are the key service's; nothing was done with the answer.", inner);
}
