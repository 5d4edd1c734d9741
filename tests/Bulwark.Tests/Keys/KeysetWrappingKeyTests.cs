using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Bulwark.Keys;

namespace Bulwark.Tests.Keys;

/// <summary>Tink's AES256_GCM with its output prefixes, as a key-encryption key.</summary>
public sealed class KeysetWrappingKeyTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 129).Select(i => (byte)i)];
    private static readonly byte[] Aad = "keyset/a"u8.ToArray();

    [Fact]
    public async Task A_wrap_has_the_layout_of_Tink()
    {
        byte[] json = KeysetWrappingKey.GenerateJson();
        JsonNode node = JsonNode.Parse(json)!;
        uint id = (uint)node["primaryKeyId"]!;
        JsonNode key = node["key"]![0]!;
        Assert.Equal("type.googleapis.com/google.crypto.tink.AesGcmKey", (string?)key["keyData"]!["typeUrl"]);
        Assert.Equal("TINK", (string?)key["outputPrefixType"]);
        byte[] proto = Convert.FromBase64String((string)key["keyData"]!["value"]!);
        Assert.Equal([0x1A, 0x20], proto[..2]);
        Assert.Equal(34, proto.Length);

        using KeysetWrappingKey wrapping = KeysetWrappingKey.Parse(json);
        Assert.Equal($"local://kek/{id}", wrapping.KeyUri);
        byte[] wrapped = await wrapping.WrapAsync(Secret, Aad, CancellationToken.None);
        Assert.Equal(5 + 12 + Secret.Length + 16, wrapped.Length);
        Assert.Equal(1, wrapped[0]);
        Assert.Equal(id, BinaryPrimitives.ReadUInt32BigEndian(wrapped.AsSpan(1)));
        byte[] opened = new byte[Secret.Length];
        using AesGcm aes = new(proto.AsSpan(2), 16);
        aes.Decrypt(wrapped.AsSpan(5, 12), wrapped.AsSpan(17, Secret.Length), wrapped.AsSpan(17 + Secret.Length), opened, Aad);
        Assert.Equal(Secret, opened);
    }

    [Fact]
    public async Task A_wrap_opens_only_unaltered_and_with_its_associated_data()
    {
        using KeysetWrappingKey key = KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson());
        byte[] wrapped = await key.WrapAsync(Secret, Aad, CancellationToken.None);
        Assert.Equal(Secret, await key.UnwrapAsync(wrapped, Aad, CancellationToken.None));
        await Refused(key, wrapped, [.. Aad, 0]);
        await Refused(key, wrapped, []);
        for (int i = 0; i < wrapped.Length; i++)
        {
            byte[] changed = (byte[])wrapped.Clone();
            changed[i] ^= 1;
            await Refused(key, changed, Aad);
            await Refused(key, wrapped[..i], Aad);
        }

        await Refused(key, [.. wrapped, 0], Aad);
        await Refused(key, new byte[10_000], Aad);
        using KeysetWrappingKey other = KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson());
        await Refused(other, wrapped, Aad);
    }

    [Fact]
    public async Task Rotation_wraps_with_a_new_key_and_opens_with_all_old_ones()
    {
        byte[] json = KeysetWrappingKey.GenerateJson();
        List<(string Uri, byte[] Wrapped)> history = [];
        for (int i = 0; i < 5; i++)
        {
            using KeysetWrappingKey key = KeysetWrappingKey.Parse(json);
            history.Add((key.KeyUri, await key.WrapAsync(Secret, Aad, CancellationToken.None)));
            Assert.Equal(i + 1, key.KeyUris.Count);
            Assert.Equal(key.KeyUri, key.KeyUris[0]);
            foreach ((string uri, byte[] wrapped) in history)
            {
                Assert.True(key.Opens(uri));
                Assert.Equal(Secret, await key.UnwrapAsync(wrapped, Aad, CancellationToken.None));
            }

            json = KeysetWrappingKey.Rotate(json);
        }

        Assert.Equal(5, history.Select(h => h.Uri).Distinct().Count());
    }

    [Fact]
    public async Task A_disabled_key_opens_nothing_until_it_is_enabled_again()
    {
        byte[] first = KeysetWrappingKey.GenerateJson();
        using KeysetWrappingKey old = KeysetWrappingKey.Parse(first);
        byte[] wrapped = await old.WrapAsync(Secret, Aad, CancellationToken.None);
        JsonNode rotated = JsonNode.Parse(KeysetWrappingKey.Rotate(first))!;
        rotated["key"]![0]!["status"] = "DISABLED";
        using (KeysetWrappingKey key = KeysetWrappingKey.Parse(Encoding.UTF8.GetBytes(rotated.ToJsonString())))
        {
            await Refused(key, wrapped, Aad);
            Assert.False(key.Opens(old.KeyUri));
        }

        // A rotation keeps the status of every key.
        JsonNode again = JsonNode.Parse(KeysetWrappingKey.Rotate(Encoding.UTF8.GetBytes(rotated.ToJsonString())))!;
        Assert.Equal(["DISABLED", "ENABLED", "ENABLED"], again["key"]!.AsArray().Select(k => (string)k!["status"]!));
        again["key"]![0]!["status"] = "ENABLED";
        using KeysetWrappingKey enabled = KeysetWrappingKey.Parse(Encoding.UTF8.GetBytes(again.ToJsonString()));
        Assert.Equal(Secret, await enabled.UnwrapAsync(wrapped, Aad, CancellationToken.None));
    }

    [Theory]
    [InlineData("TINK", 5, 1)]
    [InlineData("CRUNCHY", 5, 0)]
    [InlineData("LEGACY", 5, 0)]
    [InlineData("RAW", 0, -1)]
    public async Task Every_output_prefix_of_Tink_is_written_and_read(string prefix, int length, int first)
    {
        JsonNode node = JsonNode.Parse(KeysetWrappingKey.GenerateJson())!;
        node["key"]![0]!["outputPrefixType"] = prefix;
        byte[] json = Encoding.UTF8.GetBytes(node.ToJsonString());
        using KeysetWrappingKey key = KeysetWrappingKey.Parse(json);
        byte[] wrapped = await key.WrapAsync(Secret, Aad, CancellationToken.None);
        Assert.Equal(length + 12 + Secret.Length + 16, wrapped.Length);
        if (first >= 0)
            Assert.Equal(first, wrapped[0]);
        using KeysetWrappingKey rotated = KeysetWrappingKey.Parse(KeysetWrappingKey.Rotate(json));
        Assert.Equal(Secret, await rotated.UnwrapAsync(wrapped, Aad, CancellationToken.None));
    }

    [Fact]
    public void A_name_given_by_the_caller_starts_the_key_uri()
    {
        byte[] json = KeysetWrappingKey.GenerateJson();
        using KeysetWrappingKey key = KeysetWrappingKey.Parse(json, "local://build-server/kek");
        Assert.Equal($"local://build-server/kek/{(uint)JsonNode.Parse(json)!["primaryKeyId"]!}", key.KeyUri);
        Assert.True(key.Opens("local://build-server/kek"));
        Assert.False(key.Opens("local://kek"));
        Assert.False(key.Opens(key.KeyUri + "0"));
    }

    [Theory]
    [InlineData("AesGcmKey", "AesEaxKey")]
    [InlineData("\"GiA", "\"GhA")]
    [InlineData("SYMMETRIC", "ASYMMETRIC_PRIVATE")]
    public void Another_kind_of_key_is_refused(string from, string to)
    {
        const string Json = """{"primaryKeyId":7,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","value":"GiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==","keyMaterialType":"SYMMETRIC"},"status":"ENABLED","keyId":7,"outputPrefixType":"TINK"}]}""";
        KeysetWrappingKey.Parse(Encoding.UTF8.GetBytes(Json)).Dispose();
        Assert.Equal("BW1201", Assert.Throws<KeyException>(
            () => KeysetWrappingKey.Parse(Encoding.UTF8.GetBytes(Json.Replace(from, to, StringComparison.Ordinal)))).Code);
    }

    private static async Task Refused(KeysetWrappingKey key, byte[] wrapped, byte[] associatedData) =>
        Assert.Equal("BW1203", (await Assert.ThrowsAsync<KeyException>(() => key.UnwrapAsync(wrapped, associatedData, CancellationToken.None))).Code);
}
