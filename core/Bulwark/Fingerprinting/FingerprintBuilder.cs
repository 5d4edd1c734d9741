using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>
/// The robust fingerprint of a model whose quantised groups stream by in file order. Not safe for concurrent use.
/// </summary>
/// <remarks>Tensors count as they do for the watermark: F16, BF16, F32 or F64, two dimensions, 1,024 elements.</remarks>
internal sealed class FingerprintBuilder : IDisposable
{
    private static readonly byte[] PublicKey = SHA256.HashData("model-fingerprint/v1"u8);

    private readonly KeyedBlocks _blocks = new(PublicKey);
    private readonly KeyedBlocks _signs = new(PublicKey);
    private readonly SignedBatch _signed = new();
    private readonly NamedBits _a;
    private readonly MatrixSums _bc;
    private readonly long _elements;
    private TensorInfo? _tensor;
    private ulong _tensorId;
    private bool _viewed;

    /// <summary>Prepares for a model's tensors.</summary>
    public FingerprintBuilder(IReadOnlyList<TensorInfo> tensors)
    {
        _elements = Watermarker.CountElements(tensors);
        BitsA = RobustFingerprint.BitsFor(_elements);
        _a = new NamedBits(BitsA);
        _bc = new MatrixSums(_signs);
    }

    private int BitsA { get; }

    /// <summary>Adds quantised groups; tensors come one after the other, each from its first group on.</summary>
    public void Add(TensorInfo tensor, GroupBatch batch)
    {
        if (!ReferenceEquals(tensor, _tensor))
            Begin(tensor);
        _signed.Load(batch);
        _a.Add(_signed.Values, _blocks.Compute(_tensorId, KeyedBlocks.GroupDomain, batch.FirstGroup, batch.Count));
        if (_viewed)
            _bc.Add(_signed.Values);
    }

    /// <summary>The fingerprint; null when no tensor counts.</summary>
    public RobustFingerprint? Complete(ExactFingerprint exact)
    {
        End();
        if (_elements == 0)
            return null;
        uint flags = (_bc.HasB ? RobustFingerprint.HasBFlag : 0) | (_bc.HasC ? RobustFingerprint.HasCFlag : 0);
        return RobustFingerprint.Create(BitsA, flags, _elements, exact.ContentRoot.Span, _a.ToBits(), _bc.BitsB(), _bc.BitsC());
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _blocks.Dispose();
        _signs.Dispose();
    }

    private void Begin(TensorInfo tensor)
    {
        End();
        _tensor = tensor;
        _tensorId = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(WatermarkKey.CanonicalName(tensor.Name))));
        if (MatrixView.Of(tensor) is { } view)
        {
            _bc.Begin(view);
            _viewed = true;
        }
    }

    private void End()
    {
        if (_viewed)
            _bc.End();
        _viewed = false;
    }
}
