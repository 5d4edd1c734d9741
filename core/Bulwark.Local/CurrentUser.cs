using System.Globalization;
using Bulwark.Local.Files;

namespace Bulwark.Local;

/// <summary>Who runs this process, for the audit log.</summary>
public static class CurrentUser
{
    /// <summary>The account's name; <c>uid:NUMBER</c> where the system knows none for it, as in many containers. Never empty on Linux.</summary>
    public static string Name => Environment.UserName is { Length: > 0 } name || !OperatingSystem.IsLinux()
        ? Environment.UserName
        : string.Create(CultureInfo.InvariantCulture, $"uid:{Libc.EffectiveUserId()}");
}
