namespace Bulwark.Functions;

/// <summary>A function or its host refused or could not finish. Codes BW2201 to BW2299.</summary>
public sealed class FunctionException : BulwarkException
{
    private FunctionException(string code, ErrorKind kind, string message, string remedy, Exception? inner = null)
        : base(code, kind, message, remedy, inner)
    {
    }

    /// <summary>BW2201: no function has that name.</summary>
    public static FunctionException Unknown(string name, IEnumerable<string> known) =>
        new("BW2201", ErrorKind.Fault, $"There is no function '{name}'.", $"Name one of {string.Join(", ", known)}.");

    /// <summary>BW2202: an event that cannot be read.</summary>
    public static FunctionException MalformedEvent(string why, Exception? inner = null) =>
        new("BW2202", ErrorKind.Refused, $"The event cannot be read: {why}.", "Send what the cloud sends: the shapes are listed in the documentation of the functions.", inner);

    /// <summary>BW2203: an event of a kind that this function does not take.</summary>
    public static FunctionException WrongEvent(string function, string found) =>
        new("BW2203", ErrorKind.Refused, $"{function} does not take {found}.", "Connect the trigger to the function that does, or change which function this one runs.");

    /// <summary>BW2204: an event of a version that is not known.</summary>
    public static FunctionException UnknownVersion(string what, string version) =>
        new("BW2204", ErrorKind.Refused, $"The event is {what} of version '{version}', which is not known.", "Use a release of Bulwark that knows it, or let the trigger send the older version.");

    /// <summary>BW2205: the platform was about to stop the function.</summary>
    public static FunctionException DeadlineReached(string function, DateTimeOffset deadline, Exception? inner = null) =>
        new("BW2205", ErrorKind.Fault, $"{function} did not finish before its deadline, {deadline:O}; nothing was published.", "A retry starts over; if this one ends the same way, raise the function's time-out or hand smaller models to it.", inner);

    /// <summary>BW2206: a model that takes longer than a function may.</summary>
    public static FunctionException TooLarge(string what, long size, long limit) =>
        new("BW2206", ErrorKind.Refused, $"{what} has {size} bytes, more than the {limit} that are protected within a function's time, and no job queue is configured to hand it to.", "Configure a job queue, or protect it with the same program as a job or on a machine of your own.");

    /// <summary>BW2207: a setting is missing or cannot be used.</summary>
    public static FunctionException BadSetting(string name, string why) =>
        new("BW2207", ErrorKind.Fault, $"The setting {name} cannot be used: {why}.", "Set it in the function's environment; the documentation lists what each is for.");

    /// <summary>BW2208: an answer that the platform does not take.</summary>
    public static FunctionException AnswerTooLarge(string function, long size) =>
        new("BW2208", ErrorKind.Fault, $"The answer of {function} has {size} bytes, more than the platform takes.", "Ask for less at once.");

    /// <summary>BW2209: a request whose parameters cannot be used.</summary>
    public static FunctionException BadRequest(string why) =>
        new("BW2209", ErrorKind.Refused, $"The request cannot be answered: {why}.", "Correct the request; the documentation lists the parameters.");

    /// <summary>BW2210: the audit log is not what was logged.</summary>
    public static FunctionException LogDamaged(string log, int faults, string first) =>
        new("BW2210", ErrorKind.Refused, $"The audit log {log} is not intact, {faults} fault(s): {first}", "See the finding; restore the named objects from a backup, and find out who could write there.");

    /// <summary>BW2211: the model did not rest long enough to be protected.</summary>
    public static FunctionException Restless(string what, int looks, Exception inner) =>
        new("BW2211", ErrorKind.Fault, $"{what} or what it is protected as kept changing, {looks} times.", "Wait until uploads of that name have come to rest; a retry starts over.", inner);

    /// <summary>BW2212: the platform's own interface failed.</summary>
    public static FunctionException PlatformFailed(string what, Exception? inner = null) =>
        new("BW2212", ErrorKind.Fault, $"The platform's interface failed: {what}.", "The platform starts a new sandbox by itself; if it persists, see its status page.", inner);

    /// <summary>BW2299: something nobody foresaw.</summary>
    public static FunctionException Unforeseen(string function, Exception inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return new("BW2299", ErrorKind.Fault, $"{function} failed: {inner.GetType().Name}: {inner.Message}", "A retry starts over; if it persists, report it with the log of the invocation.", inner);
    }
}
