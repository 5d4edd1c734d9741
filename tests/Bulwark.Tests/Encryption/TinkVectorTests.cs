using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bulwark.Encryption;
using Bulwark.Keys;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Encryption;

/// <summary>Ciphertexts and keysets that Tink Java made (data/tink), and every refusal its SOURCES.md asks for.</summary>
public sealed class TinkVectorTests
{
    private static readonly string[] Names =
        ["v4kb-0", "v4kb-4040-one-full-segment", "v4kb-4041-two-segments", "v4kb-12200-three-full", "v1mb-1000", "v128-1000"];

    public static TheoryData<string> VectorNames => [.. Names];

    [DataFact]
    public void Every_vector_of_the_list_is_tested()
    {
        using JsonDocument list = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("tink", "vectors.json")));
        Assert.Equal(Names, list.RootElement.EnumerateArray().Select(v => v.GetProperty("name").GetString()!));
    }

    [DataTheory]
    [MemberData(nameof(VectorNames))]
    public async Task A_vector_decrypts_to_its_plaintext(string name)
    {
        Vector vector = Vector.Load(name);
        byte[] plaintext = await DecryptAsync(vector.Body, vector.KeysetJson, vector.AssociatedData);
        Assert.Equal(vector.Sha256, Convert.ToHexStringLower(SHA256.HashData(plaintext)));
        Assert.Equal(Enumerable.Range(0, vector.Length).Select(i => (byte)((i * i) + (7 * i) + (i / 251))), plaintext);
        Assert.Equal(plaintext, NaiveTinkReader.Decrypt(vector.Body, NaiveTinkReader.ReadKey(vector.KeysetJson), vector.AssociatedData));
    }

    [DataTheory]
    [MemberData(nameof(VectorNames))]
    public async Task Any_other_associated_data_is_refused(string name)
    {
        Vector vector = Vector.Load(name);
        foreach (byte[] other in new byte[][] { [.. vector.AssociatedData, 0], [1], Encoding.UTF8.GetBytes("model/b"), [.. vector.AssociatedData, .. vector.AssociatedData, 1] })
            await Refused(vector.Body, vector.KeysetJson, other, "BW1912");
        if (vector.AssociatedData.Length > 0)
            await Refused(vector.Body, vector.KeysetJson, [], "BW1912");
    }

    [DataTheory]
    [MemberData(nameof(VectorNames))]
    public async Task Any_changed_byte_is_refused(string name)
    {
        Vector vector = Vector.Load(name);
        for (int i = 0; i < vector.Body.Length; i++)
        {
            byte[] changed = (byte[])vector.Body.Clone();
            changed[i] ^= (byte)(1 << (i % 8));
            await Refused(changed, vector.KeysetJson, vector.AssociatedData, i == 0 ? "BW1906" : null);
        }
    }

    [DataTheory]
    [MemberData(nameof(VectorNames))]
    public async Task Any_truncation_is_refused(string name)
    {
        Vector vector = Vector.Load(name);
        for (int length = 0; length < vector.Body.Length; length++)
            await Refused(vector.Body[..length], vector.KeysetJson, vector.AssociatedData, null);
    }

    [DataTheory]
    [MemberData(nameof(VectorNames))]
    public async Task Appended_bytes_are_refused(string name)
    {
        Vector vector = Vector.Load(name);
        foreach (int count in new[] { 1, 15, 16, 17, 300, 5000 })
            await Refused([.. vector.Body, .. new byte[count]], vector.KeysetJson, vector.AssociatedData, null);
    }

    [DataTheory]
    [InlineData("v4kb-12200-three-full", 4096)]
    [InlineData("v128-1000", 256)]
    public async Task Two_swapped_segments_are_refused(string name, int segmentSize)
    {
        Vector vector = Vector.Load(name);
        byte[] swapped = (byte[])vector.Body.Clone();
        vector.Body.AsSpan(segmentSize, segmentSize).CopyTo(swapped.AsSpan(2 * segmentSize));
        vector.Body.AsSpan(2 * segmentSize, segmentSize).CopyTo(swapped.AsSpan(segmentSize));
        EncryptionException refusal = await Refused(swapped, vector.KeysetJson, vector.AssociatedData, "BW1905");
        Assert.Contains("Segment 1 ", refusal.Message, StringComparison.Ordinal);
    }

    [DataTheory]
    [InlineData("ks-4kb")]
    [InlineData("ks-1mb")]
    public async Task An_encrypted_keyset_of_Tink_is_unwrapped_to_the_same_keyset(string name)
    {
        using KeysetWrappingKey kek = KeysetWrappingKey.Parse(File.ReadAllBytes(SharedData.PathOf("tink", "kek.json")));
        byte[] encrypted = File.ReadAllBytes(SharedData.PathOf("tink", $"{name}.encrypted.json"));
        byte[] aad = Encoding.UTF8.GetBytes($"keyset/{name}");
        using StreamingKeyset keyset = await StreamingKeyset.UnwrapJsonAsync(encrypted, kek, aad, CancellationToken.None);
        // Members in Tink's own order: the JSON is the same to the byte.
        Assert.Equal(File.ReadAllText(SharedData.PathOf("tink", $"{name}.json")).Trim(), Encoding.UTF8.GetString(keyset.ToJson()));

        EncryptedKeyset ours = await keyset.WrapAsync(kek, aad, CancellationToken.None);
        EncryptedKeyset theirs = EncryptedKeyset.Parse(encrypted);
        Assert.Equal(theirs.Ciphertext.Length, ours.Ciphertext.Length);
        Assert.Equal(theirs.Info!.PrimaryKeyId, ours.Info!.PrimaryKeyId);
        Assert.Equal(theirs.Info.KeyInfo, ours.Info.KeyInfo);
        using StreamingKeyset again = await StreamingKeyset.UnwrapJsonAsync(ours.ToJson(), kek, aad, CancellationToken.None);
        Assert.Equal(keyset.ToJson(), again.ToJson());
    }

    [DataFact]
    public async Task An_encrypted_keyset_is_refused_with_any_change_or_other_associated_data()
    {
        using KeysetWrappingKey kek = KeysetWrappingKey.Parse(File.ReadAllBytes(SharedData.PathOf("tink", "kek.json")));
        EncryptedKeyset encrypted = EncryptedKeyset.Parse(File.ReadAllBytes(SharedData.PathOf("tink", "ks-4kb.encrypted.json")));
        byte[] aad = "keyset/ks-4kb"u8.ToArray();
        for (int i = 0; i < encrypted.Ciphertext.Length; i++)
        {
            byte[] changed = (byte[])encrypted.Ciphertext.Clone();
            changed[i] ^= 0x10;
            KeyException refusal = await Assert.ThrowsAsync<KeyException>(
                () => StreamingKeyset.UnwrapAsync(encrypted with { Ciphertext = changed }, kek, aad, CancellationToken.None));
            Assert.Equal("BW1203", refusal.Code);
        }

        await Assert.ThrowsAsync<KeyException>(() => StreamingKeyset.UnwrapAsync(encrypted, kek, "keyset/ks-1mb"u8.ToArray(), CancellationToken.None));
    }

    private static async Task<EncryptionException> Refused(byte[] body, byte[] keysetJson, byte[] associatedData, string? code)
    {
        EncryptionException refusal = await Assert.ThrowsAsync<EncryptionException>(() => DecryptAsync(body, keysetJson, associatedData));
        if (code is not null)
            Assert.Equal(code, refusal.Code);
        return refusal;
    }

    private static async Task<byte[]> DecryptAsync(byte[] body, byte[] keysetJson, byte[] associatedData)
    {
        MemoryObjectStore store = new();
        await using IObjectReader reader = await store.OpenReadAsync(store.Put("c", "body", body), CancellationToken.None);
        using StreamingKeyset keyset = StreamingKeyset.ParseJson(keysetJson);
        using ModelDecryptor decryptor = await ModelDecryptor.OpenTinkAsync(reader, keyset, associatedData, CancellationToken.None);
        RecordingSink sink = new();
        await decryptor.DecryptAsync(sink.WriteAsync, true, null, CancellationToken.None);
        return sink.Bytes;
    }

    private sealed record Vector(byte[] Body, byte[] KeysetJson, byte[] AssociatedData, int Length, string Sha256)
    {
        public static Vector Load(string name)
        {
            using JsonDocument list = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("tink", "vectors.json")));
            JsonElement v = list.RootElement.EnumerateArray().Single(e => e.GetProperty("name").GetString() == name);
            return new Vector(
                File.ReadAllBytes(SharedData.PathOf("tink", v.GetProperty("ciphertext").GetString()!)),
                File.ReadAllBytes(SharedData.PathOf("tink", v.GetProperty("keyset").GetString()!)),
                Encoding.UTF8.GetBytes(v.GetProperty("aad_utf8").GetString()!),
                v.GetProperty("plaintext_len").GetInt32(),
                v.GetProperty("plaintext_sha256").GetString()!);
        }
    }
}
