namespace Bulwark.Keys;

/// <summary>One key of a Tink keyset, its value still a serialised protocol buffer of the type that <paramref name="TypeUrl"/> names.</summary>
/// <param name="TypeUrl">Type of the value, such as <c>type.googleapis.com/google.crypto.tink.AesGcmKey</c>.</param>
/// <param name="Value">The serialised key; owned by this key.</param>
/// <param name="Status">Whether it may be used.</param>
/// <param name="Id">Number of the key in its keyset.</param>
/// <param name="Prefix">What its ciphertexts start with.</param>
internal sealed record TinkKey(string TypeUrl, SecretBytes Value, TinkKeyStatus Status, uint Id, TinkOutputPrefix Prefix) : IDisposable
{
    /// <inheritdoc />
    public void Dispose() => Value.Dispose();

    /// <summary>Never the value.</summary>
    public override string ToString() => $"key {Id} ({TypeUrl}, {Status})";
}
