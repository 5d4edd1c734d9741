using System.Globalization;
using System.Text;

namespace Bulwark.Scanning.Templates;

/// <summary>What is known about the value of an expression without evaluating anything: a constant, or only where it comes from.</summary>
internal sealed record JinjaValue
{
    private const int MaxText = 4096;
    private const int MaxItems = 1024;

    /// <summary>Nothing is known.</summary>
    public static JinjaValue Unknown { get; } = new();

    public string? Text { get; init; }

    public long? Number { get; init; }

    public IReadOnlyList<JinjaValue>? Items { get; init; }

    /// <summary>The variable it starts from, or is.</summary>
    public string? Root { get; init; }

    /// <summary>The attribute or key it was last taken by.</summary>
    public string? Member { get; init; }

    /// <summary>A string, list, tuple or dict written out.</summary>
    public bool IsLiteral { get; init; }

    /// <summary>A text put together from others.</summary>
    public bool IsBuilt { get; init; }

    public bool IsConstant => Text is not null || Number is not null || Items is not null;

    public static JinjaValue Of(string text) => text.Length <= MaxText ? new() { Text = text, IsLiteral = true } : Unknown;

    public static JinjaValue Of(long number) => new() { Number = number };

    public static JinjaValue Of(IReadOnlyList<JinjaValue> items) => items.Count <= MaxItems ? new() { Items = items, IsLiteral = true } : Unknown;

    /// <summary>A text made from others.</summary>
    public static JinjaValue Built(string? text) => text is { Length: <= MaxText } ? new() { Text = text, IsBuilt = true } : Unknown;

    /// <summary>The value of two operands.</summary>
    public static JinjaValue Combine(string op, JinjaValue left, JinjaValue right) => op switch
    {
        "~" or "+" when left is { Text: { } a } && right is { Text: { } b } => Built(a + b),
        "~" when (left.Text ?? Digits(left)) is { } a && (right.Text ?? Digits(right)) is { } b => Built(a + b),
        "+" when left is { Items: { } a } && right is { Items: { } b } => Of([.. a, .. b]),
        "*" when left is { Text: { } text } && right is { Number: { } times } => Repeat(text, times),
        "*" when right is { Text: { } text } && left is { Number: { } times } => Repeat(text, times),
        "%" when left is { Text: { } format } => Built(Percent(format, right.Items ?? [right])),
        "+" or "-" or "*" or "//" when left is { Number: { } a } && right is { Number: { } b } => Calculate(op, a, b),
        _ => Unknown,
    };

    /// <summary>One element, or null for a bound that is not given.</summary>
    public JinjaValue Index(long at)
    {
        int length = Text?.Length ?? Items?.Count ?? 0;
        long place = at < 0 ? at + length : at;
        if (place < 0 || place >= length)
            return Unknown;
        return Text is { } text ? Built(text[(int)place].ToString()) : Items![(int)place];
    }

    /// <summary>A slice with Python's bounds.</summary>
    public JinjaValue Slice(long? from, long? to, long? step)
    {
        int length = Text?.Length ?? Items?.Count ?? -1;
        long stride = step ?? 1;
        if (length < 0 || stride == 0)
            return Unknown;
        long Clamp(long? bound, long otherwise, long low, long high) => bound is not { } b ? otherwise : Math.Clamp(b < 0 ? b + length : b, low, high);
        long first = stride > 0 ? Clamp(from, 0, 0, length) : Clamp(from, length - 1, -1, length - 1);
        long last = stride > 0 ? Clamp(to, length, 0, length) : Clamp(to, -1, -1, length - 1);
        var picked = new List<int>();
        for (long i = first; stride > 0 ? i < last : i > last; i += Math.Clamp(stride, -MaxText, MaxText))
            picked.Add((int)i);
        return Text is { } text ? Built(string.Concat(picked.Select(i => text[i]))) : Of([.. picked.Select(i => Items![i])]);
    }

    /// <summary>What a filter or method of the same name makes of a value.</summary>
    public JinjaValue Apply(string function, IReadOnlyList<JinjaValue> arguments)
    {
        switch (function)
        {
            case "join" when Items is { } items:
                // As a filter the separator is the argument, and the items the value.
                return Join(items, arguments.Count > 0 ? arguments[0].Text : "");
            case "join" when Text is { } separator && arguments is [{ Items: { } joined }]:
                return Join(joined, separator);
            case "reverse" when Text is not null || Items is not null:
                return Slice(null, null, -1);
            case "list" when Text is { } text:
                return Of([.. text.Select(c => Built(c.ToString()))]);
            case "list" or "string" or "safe" or "encode" or "decode" or "copy":
                return this;
            case "lower" or "casefold":
                return Built(Text?.ToLowerInvariant());
            case "upper":
                return Built(Text?.ToUpperInvariant());
            case "swapcase":
                return Built(Text is { } mixed ? string.Concat(mixed.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c))) : null);
            case "trim" or "strip" or "lstrip" or "rstrip" when Text is { } padded:
                char[] stripped = arguments is [{ Text: { } set }] ? set.ToCharArray() : [' ', '\t', '\n', '\r'];
                return Built(function == "lstrip" ? padded.TrimStart(stripped) : function == "rstrip" ? padded.TrimEnd(stripped) : padded.Trim(stripped));
            case "replace" when Text is { } text && arguments is [{ Text: { Length: > 0 } old }, { Text: { } replacement }, ..]:
                return text.Length * (long)(replacement.Length + 1) <= MaxText * 16 ? Built(text.Replace(old, replacement, StringComparison.Ordinal)) : Unknown;
            case "removeprefix" when Text is { } text && arguments is [{ Text: { } prefix }]:
                return Built(text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text);
            case "removesuffix" when Text is { } text && arguments is [{ Text: { } suffix }]:
                return Built(text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text);
            case "split" when Text is { } text && arguments is [{ Text: { Length: > 0 } at }, ..]:
                return Of([.. text.Split(at).Select(Built)]);
            case "first":
                return Index(0);
            case "last":
                return Index(-1);
            case "format" when Text is { } format:
                return Built(format.Contains('%', StringComparison.Ordinal) ? Percent(format, arguments) : Braces(format, arguments));
            default:
                return Unknown;
        }
    }

    private static JinjaValue Join(IReadOnlyList<JinjaValue> items, string? separator) =>
        separator is null || items.Any(i => (i.Text ?? Digits(i)) is null) || items.Sum(i => (long)(i.Text?.Length ?? 20) + separator.Length) > MaxText
            ? Unknown
            : Built(string.Join(separator, items.Select(i => i.Text ?? Digits(i))));

    private static JinjaValue Repeat(string text, long times) => times <= 0 ? Built("") : text.Length * (double)times <= MaxText ? Built(string.Concat(Enumerable.Repeat(text, (int)times))) : Unknown;

    private static JinjaValue Calculate(string op, long a, long b)
    {
        Int128 result = op switch { "+" => (Int128)a + b, "-" => (Int128)a - b, "*" => (Int128)a * b, _ => b == 0 ? 0 : (Int128)a / b };
        return result >= long.MinValue && result <= long.MaxValue ? Of((long)result) : Unknown;
    }

    private static string? Digits(JinjaValue value) => value.Number?.ToString(CultureInfo.InvariantCulture);

    /// <summary>%s, %d and %c without widths; null for anything else.</summary>
    private static string? Percent(string format, IReadOnlyList<JinjaValue> arguments)
    {
        var text = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 >= format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            char kind = format[++i];
            if (kind == '%')
            {
                text.Append('%');
                continue;
            }

            if (next >= arguments.Count)
                return null;
            JinjaValue argument = arguments[next++];
            string? part = kind == 'c' && argument.Number is { } code ? Character(code) : argument.Text ?? Digits(argument);
            if (part is null || kind is not ('c' or 's' or 'd' or 'i' or 'r') || text.Length + part.Length > MaxText)
                return null;
            text.Append(part);
        }

        return text.ToString();
    }

    /// <summary>{}, {0} and {:c}; null for anything else.</summary>
    private static string? Braces(string format, IReadOnlyList<JinjaValue> arguments)
    {
        var text = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            int close = format[i] == '{' ? format.IndexOf('}', i) : -1;
            if (close < 0)
            {
                text.Append(format[i]);
                continue;
            }

            string[] parts = format[(i + 1)..close].Split(':', 2);
            int number = next;
            if (parts[0].Length > 0 && !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out number))
                return null;
            next++;
            if (number >= arguments.Count)
                return null;
            string? part = parts is [_, "c"] && arguments[number].Number is { } code ? Character(code) : parts is [_] or [_, "s" or "d" or ""] ? arguments[number].Text ?? Digits(arguments[number]) : null;
            if (part is null || text.Length + part.Length > MaxText)
                return null;
            text.Append(part);
            i = close;
        }

        return text.ToString();
    }

    /// <summary>The character of a code; null for none.</summary>
    public static string? Character(long code) => code is >= 0 and <= char.MaxValue && !char.IsSurrogate((char)code) ? ((char)code).ToString() : null;
}
