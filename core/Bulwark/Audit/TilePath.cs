using System.Globalization;
using System.Text;

namespace Bulwark.Audit;

/// <summary>
/// The name of a tile or an entry bundle (C2SP tlog-tiles).
/// <code>
/// tile/L/N            a full tile: 256 hashes of subtrees of 256^L entries
/// tile/L/N.p/W        a partial tile of W hashes, 1 to 255
/// tile/entries/N[.p/W]  the entries under the level 0 tile of the same index
/// N = groups of three decimal digits, every group but the last begun by x: 1234067 is x001/x234/067
/// </code>
/// </summary>
/// <param name="Level">0 to 63, or <see cref="Entries"/>.</param>
/// <param name="Index">Position among the tiles of that level, from 0.</param>
/// <param name="Width">Hashes or entries in it, 1 to 256.</param>
public readonly record struct TilePath(int Level, long Index, int Width)
{
    /// <summary>Hashes in a full tile.</summary>
    public const int FullWidth = 256;

    /// <summary>The level of entry bundles.</summary>
    public const int Entries = -1;

    /// <summary>The highest level that the specification allows.</summary>
    public const int MaxLevel = 63;

    /// <summary>The same tile when it is full.</summary>
    public TilePath Full => this with { Width = FullWidth };

    /// <summary>The object's name.</summary>
    public override string ToString()
    {
        StringBuilder name = new("tile/");
        name.Append(Level == Entries ? "entries" : Level.ToString(CultureInfo.InvariantCulture)).Append('/');
        string digits = Index.ToString(CultureInfo.InvariantCulture);
        digits = digits.PadLeft((digits.Length + 2) / 3 * 3, '0');
        for (int i = 0; i < digits.Length; i += 3)
        {
            bool last = i + 3 == digits.Length;
            name.Append(last ? "" : "x").Append(digits, i, 3).Append(last ? "" : "/");
        }

        if (Width < FullWidth)
            name.Append(CultureInfo.InvariantCulture, $".p/{Width}");
        return name.ToString();
    }

    /// <summary>Reads a name in its only valid form.</summary>
    public static bool TryParse(string? name, out TilePath path)
    {
        path = default;
        if (name is null || name.Length > 64 || !name.StartsWith("tile/", StringComparison.Ordinal))
            return false;
        string[] parts = name.Split('/');
        if (parts.Length < 3)
            return false;
        int level = Entries;
        if (parts[1] != "entries" && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out level))
            return false;
        int width = FullWidth;
        int end = parts.Length;
        if (parts[^2].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out width) || width is < 1 or >= FullWidth)
                return false;
            parts[^2] = parts[^2][..^2];
            end--;
        }

        long index = 0;
        for (int i = 2; i < end; i++)
        {
            ReadOnlySpan<char> group = parts[i];
            if (i < end - 1)
            {
                if (group.Length == 0 || group[0] != 'x')
                    return false;
                group = group[1..];
            }

            if (group.Length != 3 || index > long.MaxValue / 1000 - 1
                || !int.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out int digits))
                return false;
            index = (index * 1000) + digits;
        }

        path = new TilePath(level, index, width);

        // Only the canonical spelling names an object: no leading zeros, no empty group.
        return level <= MaxLevel && end > 2 && path.ToString() == name;
    }
}
