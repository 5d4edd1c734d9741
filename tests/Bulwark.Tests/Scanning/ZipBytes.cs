using System.IO.Compression;

namespace Bulwark.Tests.Scanning;

/// <summary>Small archives.</summary>
internal static class ZipBytes
{
    /// <summary>An archive of one member.</summary>
    public static byte[] Tiny { get; } = Make();

    private static byte[] Make()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream member = zip.CreateEntry("archive/data.pkl").Open();
            member.Write("N."u8);
        }

        return bytes.ToArray();
    }
}
