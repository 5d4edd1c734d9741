namespace Bulwark.Local.Files;

/// <summary>The permission bits this process takes from new files. umask(2) can only be read by setting it, which races; /proc tells it.</summary>
internal static class ProcessUmask
{
    private const uint Usual = 0b000_010_010;

    public static uint Read()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith("Umask:", StringComparison.Ordinal))
                    return Convert.ToUInt32(line["Umask:".Length..].Trim(), 8);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            // Not Linux, or no /proc.
        }

        return Usual;
    }
}
