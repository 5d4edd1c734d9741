using System.Security.Cryptography;
using System.Text;
using Bulwark.Keys;

namespace Bulwark.Functions.Local;

/// <summary>Key files under BULWARK_HOME: made on first use with mode 0600, refused when others could read them.</summary>
internal sealed class KeyFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private KeyFolder(PemSigningKey signing, KeysetWrappingKey wrapping)
    {
        Signing = signing;
        Wrapping = wrapping;
    }

    /// <summary>Signs models and claims.</summary>
    public PemSigningKey Signing { get; }

    /// <summary>Wraps data keys.</summary>
    public KeysetWrappingKey Wrapping { get; }

    /// <summary>Opens the keys, making those that are missing.</summary>
    public static async Task<KeyFolder> OpenAsync(string home, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(home, "keys");
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        // Two first runs at once must agree on one key.
        using WorkLock alone = await WorkLock.AcquireAsync(home, "keys", cancellationToken);
        byte[] pem = ReadOrMake(Path.Combine(folder, "signing.pem"), () =>
        {
            using PemSigningKey made = PemSigningKey.Generate();
            char[] text = made.ExportPkcs8Pem();
            byte[] bytes = Encoding.ASCII.GetBytes(text);
            Array.Clear(text);
            return bytes;
        });
        byte[] keyset = ReadOrMake(Path.Combine(folder, "wrapping.json"), KeysetWrappingKey.GenerateJson);
        char[] pemText = Encoding.ASCII.GetChars(pem);
        try
        {
            return new KeyFolder(PemSigningKey.FromPem(pemText), KeysetWrappingKey.Parse(keyset));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
            CryptographicOperations.ZeroMemory(keyset);
            Array.Clear(pemText);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Signing.Dispose();
        Wrapping.Dispose();
    }

    private static byte[] ReadOrMake(string path, Func<byte[]> make)
    {
        if (!File.Exists(path))
        {
            byte[] made = make();
            string temporary = path + ".new";
            File.Delete(temporary);
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerOnly;
            using (FileStream file = new(temporary, options))
            {
                file.Write(made);
                file.Flush(flushToDisk: true);
            }

            CryptographicOperations.ZeroMemory(made);
            File.Move(temporary, path, overwrite: false);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) is not 0)
            throw KeyException.Exposed(path, Convert.ToString((int)File.GetUnixFileMode(path), 8));
        return File.ReadAllBytes(path);
    }
}
