using System.Globalization;

namespace Bulwark.Signing;

/// <summary>The name of a piece of a file: <c>path:start:end</c>, end exclusive, decimal without leading zeros.</summary>
internal readonly record struct ShardName(string Path, long Start, long End)
{
    /// <summary>Splits at the last two colons, because a path may hold some too.</summary>
    public static ShardName? Parse(string name)
    {
        int last = name.LastIndexOf(':');
        int middle = last > 0 ? name.LastIndexOf(':', last - 1) : -1;
        return middle > 0 && Number(name.AsSpan(middle + 1, last - middle - 1), out long start) && Number(name.AsSpan(last + 1), out long end)
            ? new ShardName(name[..middle], start, end)
            : null;
    }

    private static bool Number(ReadOnlySpan<char> digits, out long number) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) && (digits.Length == 1 || digits[0] != '0');
}
