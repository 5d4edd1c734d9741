using Bulwark.Encryption;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>Cuts a stream of plaintext of known length into segments, encrypts each, and writes them in order.</summary>
/// <remarks>A window usually holds many whole segments; only one that straddles two windows is copied.</remarks>
internal sealed class EncryptingWriter
{
    private readonly SegmentEncryptor _encryptor;
    private readonly IObjectWriter _body;
    private readonly long _length;
    private readonly long _segments;
    private readonly byte[] _straddling;
    private readonly byte[] _ciphertext;
    private int _held;
    private long _next;

    /// <summary>Begins a body.</summary>
    /// <param name="encryptor">Encrypts single segments.</param>
    /// <param name="plaintextLength">Exact number of bytes that will be written.</param>
    /// <param name="body">Receives header and segments; committed by the caller.</param>
    public EncryptingWriter(SegmentEncryptor encryptor, long plaintextLength, IObjectWriter body)
    {
        _encryptor = encryptor;
        _body = body;
        _length = plaintextLength;
        _segments = encryptor.Layout.SegmentCount(plaintextLength);
        // A short body needs no megabyte.
        int longest = (int)Math.Min(encryptor.Layout.SegmentSize, encryptor.Layout.CiphertextLength(plaintextLength));
        _straddling = GC.AllocateUninitializedArray<byte>(longest, pinned: true);
        _ciphertext = GC.AllocateUninitializedArray<byte>(longest, pinned: true);
    }

    /// <summary>Writes the header. Comes first.</summary>
    public ValueTask BeginAsync(CancellationToken cancellationToken) => _body.WriteAsync(_encryptor.Header, cancellationToken);

    /// <summary>Encrypts the next bytes; segments that are whole are written.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        while (!plaintext.IsEmpty)
        {
            int wanted = _encryptor.Layout.PlaintextLengthOf(_next, _length);
            int taken = Math.Min(wanted - _held, plaintext.Length);
            if (_held == 0 && taken == wanted)
            {
                await WriteSegmentAsync(plaintext[..taken], cancellationToken);
            }
            else
            {
                plaintext[..taken].CopyTo(_straddling.AsMemory(_held));
                _held += taken;
                if (_held == wanted)
                {
                    _held = 0;
                    await WriteSegmentAsync(_straddling.AsMemory(0, wanted), cancellationToken);
                }
            }

            plaintext = plaintext[taken..];
        }
    }

    private ValueTask WriteSegmentAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        int length = plaintext.Length + SegmentLayout.TagLength;
        _encryptor.Encrypt(_next, _next == _segments - 1, plaintext.Span, _ciphertext);
        _next++;
        return _body.WriteAsync(_ciphertext.AsMemory(0, length), cancellationToken);
    }
}
