using System.Globalization;

namespace Bulwark.CloudDoubles.S3;

/// <summary>How S3 writes things in XML.</summary>
internal static class S3Xml
{
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
