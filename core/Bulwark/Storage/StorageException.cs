namespace Bulwark.Storage;

/// <summary>An object store refused or failed. Codes BW1001 to BW1099.</summary>
public sealed class StorageException : BulwarkException
{
    private StorageException(string code, ErrorKind kind, string message, string remedy, Exception? inner = null)
        : base(code, kind, message, remedy, inner)
    {
    }

    /// <summary>BW1001: no such object.</summary>
    public static StorageException NotFound(string what) =>
        new("BW1001", ErrorKind.Fault, $"{what} does not exist.", "Check the path or the bucket and key.");

    /// <summary>BW1002: the name could leave the container or is not portable.</summary>
    public static StorageException BadName(string name, string why) =>
        new("BW1002", ErrorKind.Fault, $"The object name '{name}' is refused: {why}.", "Use a relative name without '..', empty parts, or control characters.");

    /// <summary>BW1003: a range outside the object, or an object that ended early.</summary>
    public static StorageException OutOfRange(string what, long offset, long length) =>
        new("BW1003", ErrorKind.Fault, $"{what} has no bytes {offset}..{offset + length} to read.", "The object is truncated or the range is wrong; check its size.");

    /// <summary>BW1004: the object is not the version that was opened.</summary>
    public static StorageException Changed(string what) =>
        new("BW1004", ErrorKind.Fault, $"{what} changed while it was being read.", "Wait until the upload has finished, then start again.");

    /// <summary>BW1005: a conditional write lost.</summary>
    public static StorageException Conflict(string what) =>
        new("BW1005", ErrorKind.Fault, $"{what} already exists or was changed by someone else.", "Read the present object and decide whether to replace it.");

    /// <summary>BW1006: the device or quota is full.</summary>
    public static StorageException NoSpace(string what, Exception? inner = null) =>
        new("BW1006", ErrorKind.Fault, $"There is no space left to write {what}.", "Free space or write elsewhere; nothing was published.", inner);

    /// <summary>BW1007: permission denied.</summary>
    public static StorageException AccessDenied(string what, Exception? inner = null) => AccessDenied(what, null, inner);

    /// <summary>BW1007: permission denied, by a store that may say why.</summary>
    public static StorageException AccessDenied(string what, string? why, Exception? inner) =>
        new("BW1007", ErrorKind.Fault, why is null ? $"Access to {what} is denied." : $"Access to {what} is denied: {why}.", "Check the permissions of the file, folder or bucket for this identity.", inner);

    /// <summary>BW1008: something that is not a plain object: a directory, link, device, pipe or socket.</summary>
    public static StorageException NotAFile(string what, string kind) =>
        new("BW1008", ErrorKind.Fault, $"{what} is {kind}, not a regular file.", "Name a regular file.");

    /// <summary>BW1010: larger than the store can hold as one object.</summary>
    public static StorageException TooLarge(string what, string limit) =>
        new("BW1010", ErrorKind.Fault, $"{what} is too large: the store holds at most {limit} in one object.", "Split the model into several files.");

    /// <summary>BW1009: any other failure of the store.</summary>
    public static StorageException Failed(string what, Exception inner) =>
        new("BW1009", ErrorKind.Fault, $"{what} could not be read or written: {inner.Message}", "Check the device or service and try again.", inner);
}
