using Bulwark.Findings;

namespace Bulwark.Scanning.Numpy;

/// <summary>Rules about NumPy files; those about pickles inside them are the pickle scanner's.</summary>
internal static class NumpyRules
{
    /// <summary>Breaks the format.</summary>
    public static readonly ScanRule Malformed = new(
        "BWS1301", Verdict.Malformed, Severity.Medium, "Malformed NumPy array",
        "The header is no plain literal of type, order and shape, or the shape asks for more than the file has; readers allocate what it says.");

    /// <summary>A long header.</summary>
    public static readonly ScanRule LongHeader = new(
        "BWS1302", Verdict.Suspicious, Severity.Low, "NumPy header beyond numpy's own limit",
        "numpy refuses headers of this length unless told to trust the file, because evaluating them can exhaust the interpreter.");

    /// <summary>Bytes after the elements.</summary>
    public static readonly ScanRule TrailingBytes = new(
        "BWS1303", Verdict.Suspicious, Severity.Low, "Bytes behind the array",
        "The file goes on after its last element; what is there is seen by no reader of the format.");

    /// <summary>A pickle for elements.</summary>
    public static readonly ScanRule Payload = new(
        "BWS1304", Verdict.Suspicious, Severity.High, "Array holds a pickle that runs code",
        "The elements of the array are the bytes of a pickle that would run code: numpy does not load it, but whoever knows of it does.",
        "AML.T0018.002");

    /// <summary>All rules about NumPy files.</summary>
    public static IReadOnlyList<ScanRule> All { get; } = [Malformed, LongHeader, TrailingBytes, Payload];
}
