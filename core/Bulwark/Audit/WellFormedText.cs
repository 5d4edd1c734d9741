namespace Bulwark.Audit;

/// <summary>Text without half surrogate pairs. Encoders put U+FFFD for those, and two different texts must not get the same bytes.</summary>
internal static class WellFormedText
{
    public static bool Is(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                return false;
        }

        return true;
    }
}
