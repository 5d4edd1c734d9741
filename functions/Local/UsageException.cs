namespace Bulwark.Functions.Local;

/// <summary>The command line was used wrongly. Codes BW9001 to BW9099.</summary>
internal sealed class UsageException : BulwarkException
{
    private UsageException(string code, string message, string remedy, Exception? inner = null)
        : base(code, ErrorKind.Fault, message, remedy, inner)
    {
    }

    /// <summary>BW9001: an option's value cannot be used.</summary>
    public static UsageException BadOption(string option, string why, string remedy) =>
        new("BW9001", $"{option}: {why}.", remedy);

    /// <summary>BW9002: the output is there already.</summary>
    public static UsageException OutputExists(string path) =>
        new("BW9002", $"{path} exists already.", "Name another file, or pass --force to replace it.");

    /// <summary>BW9003: stopped by the user or by a signal.</summary>
    public static UsageException Interrupted() =>
        new("BW9003", "Interrupted; nothing was published.", "Run the same command again: it starts over.");

    /// <summary>BW9004: the command line does not fit the command.</summary>
    public static UsageException Wrong(string why, string command) =>
        new("BW9004", why, $"See '{command} --help'.");

    /// <summary>BW9099: something nobody foresaw.</summary>
    public static UsageException Unexpected(Exception inner) =>
        new("BW9099", $"{inner.GetType().Name}: {inner.Message}", "Check paths, permissions and free space; if it persists, report it with the command line.", inner);
}
