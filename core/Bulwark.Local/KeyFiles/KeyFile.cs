using System.Security.Cryptography;
using System.Text;

namespace Bulwark.Local.KeyFiles;

/// <summary>The content of a key file, zeroed when it is disposed.</summary>
internal sealed class KeyFile(byte[] pinned, string path, DateTimeOffset created) : IDisposable
{
    public ReadOnlySpan<byte> Bytes => pinned;

    public string Path => path;

    public DateTimeOffset Created => created;

    /// <summary>Hands the content over as ASCII characters (a PEM), which are zeroed afterwards.</summary>
    public T ReadText<T>(Func<ReadOnlySpan<char>, T> read)
    {
        char[] text = GC.AllocateArray<char>(pinned.Length, pinned: true);
        try
        {
            Encoding.Latin1.GetChars(pinned, text);
            return read(text);
        }
        finally
        {
            Array.Clear(text);
        }
    }

    /// <summary>Turns a secret PEM into bytes, and zeroes it.</summary>
    public static byte[] BytesOf(char[] pem)
    {
        byte[] bytes = GC.AllocateArray<byte>(pem.Length, pinned: true);
        Encoding.Latin1.GetBytes(pem, bytes);
        Array.Clear(pem);
        return bytes;
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(pinned);
}
