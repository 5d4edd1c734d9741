using System.IO.Compression;
using System.Text;

namespace Bulwark.Tests.Models.Keras;

/// <summary>Small Keras archives.</summary>
internal static class KerasArchive
{
    /// <summary>An archive with a configuration, and more.</summary>
    public static byte[] Make(string configuration, byte[]? weights = null, bool compress = false, params (string Name, byte[] Content)[] others) =>
        Make(Encoding.UTF8.GetBytes(configuration), weights, compress, others);

    /// <summary>An archive with a configuration, and more.</summary>
    public static byte[] Make(byte[] configuration, byte[]? weights = null, bool compress = false, params (string Name, byte[] Content)[] others) => Zip(compress,
    [
        ("metadata.json", """{"keras_version": "3.8.0", "date_saved": "2025-01-01@00:00:00"}"""u8.ToArray()),
        ("config.json", configuration),
        .. weights is null ? Array.Empty<(string, byte[])>() : [("model.weights.h5", weights)],
        .. others,
    ]);

    /// <summary>An archive.</summary>
    public static byte[] Zip(bool compress, params (string Name, byte[] Content)[] members)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in members)
            {
                using Stream member = zip.CreateEntry(name, compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression).Open();
                member.Write(content);
            }
        }

        return bytes.ToArray();
    }
}
