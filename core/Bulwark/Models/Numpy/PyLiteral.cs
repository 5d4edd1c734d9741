namespace Bulwark.Models.Numpy;

/// <summary>A Python literal as a NumPy header may have one: text, whole numbers, True, False, None, lists, tuples and dicts of text.</summary>
internal abstract record PyLiteral
{
    public sealed record Text(string Value) : PyLiteral;

    public sealed record Integer(long Value) : PyLiteral;

    public sealed record Truth(bool Value) : PyLiteral;

    public sealed record Nothing : PyLiteral;

    public sealed record Sequence(bool IsTuple, IReadOnlyList<PyLiteral> Items) : PyLiteral;

    public sealed record Map(IReadOnlyDictionary<string, PyLiteral> Items) : PyLiteral;
}
