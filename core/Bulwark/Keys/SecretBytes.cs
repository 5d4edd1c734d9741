using System.Security.Cryptography;

namespace Bulwark.Keys;

/// <summary>
/// Key material in memory that the garbage collector does not move, so that no copy stays behind, and that is zeroed on disposal.
/// </summary>
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    /// <summary>Allocates zeroed memory for a secret.</summary>
    /// <param name="length">Length in bytes, 0 or more.</param>
    public SecretBytes(int length) => _bytes = GC.AllocateArray<byte>(length, pinned: true);

    /// <summary>Copies a secret in; the caller still has to zero its own copy.</summary>
    public SecretBytes(ReadOnlySpan<byte> bytes)
        : this(bytes.Length) => bytes.CopyTo(_bytes);

    /// <summary>Length in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>The secret itself.</summary>
    /// <exception cref="ObjectDisposedException">After disposal.</exception>
    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>The secret itself, for asynchronous callers.</summary>
    /// <exception cref="ObjectDisposedException">After disposal.</exception>
    public ReadOnlyMemory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>Draws a secret from the operating system's random generator.</summary>
    public static SecretBytes Random(int length)
    {
        SecretBytes secret = new(length);
        RandomNumberGenerator.Fill(secret._bytes);
        return secret;
    }

    /// <summary>Zeroes the memory.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }

    /// <summary>Never the secret.</summary>
    public override string ToString() => $"SecretBytes({Length})";
}
