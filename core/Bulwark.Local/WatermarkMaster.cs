using System.Security.Cryptography;

namespace Bulwark.Local;

/// <summary>The 32 secret bytes that a watermark's keys are derived from; zeroed when it is disposed.</summary>
public sealed class WatermarkMaster : IDisposable
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 32;

    private readonly byte[] _pinned;

    internal WatermarkMaster(string id, ReadOnlySpan<byte> secret)
    {
        Id = id;
        _pinned = GC.AllocateArray<byte>(secret.Length, pinned: true);
        secret.CopyTo(_pinned);
    }

    /// <summary>16 hexadecimal digits that name the master and tell nothing about it.</summary>
    public string Id { get; }

    /// <summary>The secret.</summary>
    public ReadOnlySpan<byte> Secret => _pinned;

    /// <inheritdoc />
    public void Dispose() => CryptographicOperations.ZeroMemory(_pinned);
}
