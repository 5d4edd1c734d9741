using Xunit;

namespace Bulwark.Testing;

/// <summary>A fact that needs root (to mount, or to give files away); skipped for others, unless BULWARK_REQUIRE_DATA=1 insists.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public RootFactAttribute()
    {
        if (Environment.UserName != "root" && Environment.GetEnvironmentVariable("BULWARK_REQUIRE_DATA") != "1")
            Skip = "needs root to mount a small file system or to give a file away";
    }
}
