using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Bulwark.Encryption;
using Bulwark.Keys;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Encryption;

public sealed class StreamingKeysetTests
{
    [Fact]
    public void A_keyset_survives_both_forms_and_has_the_size_Tink_gives_it()
    {
        using StreamingKeyset keyset = StreamingKeyset.Generate();
        using SecretBytes binary = keyset.ToBinary();
        // The key number stands there twice, as a varint of 1 to 5 bytes.
        Assert.Contains(binary.Length, new[] { 123, 125, 127, 129, 131 });
        using StreamingKeyset fromBinary = StreamingKeyset.ParseBinary(binary.Span);
        using StreamingKeyset fromJson = StreamingKeyset.ParseJson(keyset.ToJson());
        Assert.Equal(keyset.ToJson(), fromBinary.ToJson());
        Assert.Equal(keyset.ToJson(), fromJson.ToJson());
        Assert.Equal(StreamingAeadParameters.Aes256GcmHkdf1MB, fromBinary.Primary.Parameters);
    }

    [Fact]
    public async Task Any_enabled_key_of_the_keyset_opens_a_bare_Tink_ciphertext_and_a_disabled_one_does_not()
    {
        // Two keys that differ in everything: segment size, derived key size, hash.
        using EncryptedModel small = await EncryptedModel.MakeAsync(5000, new StreamingAeadParameters(16, 300, HashAlgorithmName.SHA512));
        using EncryptedModel large = await EncryptedModel.MakeAsync(5000, StreamingAeadParameters.Aes256GcmHkdf4KB);
        JsonNode both = JsonNode.Parse(await small.KeysetJsonAsync())!;
        both["key"]!.AsArray().Add(JsonNode.Parse(await large.KeysetJsonAsync())!["key"]![0]!.DeepClone());
        foreach (EncryptedModel model in new[] { small, large })
            Assert.Equal(model.Plaintext, await DecryptTink(model.Body, both));

        both["key"]![1]!["status"] = "DISABLED";
        Assert.Equal(small.Plaintext, await DecryptTink(small.Body, both));
        await Assert.ThrowsAsync<EncryptionException>(() => DecryptTink(large.Body, both));
        both["key"]![1]!["status"] = "DESTROYED";
        both["key"]![1]!["keyData"]!["value"] = "";
        Assert.Equal(small.Plaintext, await DecryptTink(small.Body, both));
    }

    [Theory]
    [InlineData(24, 4096, "SHA256")]
    [InlineData(32, 56, "SHA256")]
    [InlineData(16, 40, "SHA256")]
    [InlineData(32, 0, "SHA256")]
    [InlineData(32, -1, "SHA256")]
    [InlineData(32, 4096, "SHA384")]
    [InlineData(32, 4096, "MD5")]
    public void Parameters_Tink_refuses_are_refused(int derivedKeySize, int segmentSize, string hash)
    {
        StreamingAeadParameters parameters = new(derivedKeySize, segmentSize, new HashAlgorithmName(hash));
        Assert.Equal("BW1913", Assert.Throws<EncryptionException>(() => StreamingAeadKey.Generate(parameters)).Code);
    }

    [Fact]
    public void A_key_value_shorter_than_the_derived_key_is_refused_and_a_longer_one_is_taken()
    {
        Assert.Equal("BW1913", Assert.Throws<EncryptionException>(() => StreamingAeadKey.Create(StreamingAeadParameters.Aes256GcmHkdf4KB, new byte[31])).Code);
        using StreamingAeadKey key = StreamingAeadKey.Create(StreamingAeadParameters.Aes256GcmHkdf4KB, new byte[64]);
        using SecretBytes proto = key.Serialize();
        using StreamingAeadKey again = StreamingAeadKey.Parse(proto.Span, "test");
        using SecretBytes second = again.Serialize();
        Assert.True(proto.Span.SequenceEqual(second.Span));
    }

    [Theory]
    [InlineData("""{"primaryKeyId":1}""")]
    [InlineData("""{"primaryKeyId":1,"key":[]}""")]
    [InlineData("""{"primaryKeyId":2,"key":[KEY]}""")]
    [InlineData("""{"key":[KEY]}""")]
    [InlineData("""{"primaryKeyId":1,"key":[KEY,KEY]}""")]
    [InlineData("""{"primaryKeyId":1,"key":[KEY],"extra":0}""")]
    [InlineData("""{"primaryKeyId":1,"primaryKeyId":1,"key":[KEY]}""")]
    [InlineData("""{"primaryKeyId":1,"key":[KEY],"key":[]}""")]
    [InlineData("""{"primaryKeyId":-1,"key":[KEY]}""")]
    [InlineData("""{"primaryKeyId":4294967296,"key":[KEY]}""")]
    [InlineData("""{"primaryKeyId":1,"key":{}}""")]
    [InlineData("""{"primaryKeyId":1,"key":[1]}""")]
    [InlineData("""{"primaryKeyId":1,"key":[KEY]} {}""")]
    [InlineData("""[]""")]
    [InlineData("")]
    public void A_malformed_keyset_is_refused(string json)
    {
        const string Key = """{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey","value":"EgcIgCAQIBgDGiBm9zkSiemYvKUl7KGnlAUsKY7uMCCjFs5BYlONcr0MWw==","keyMaterialType":"SYMMETRIC"},"status":"ENABLED","keyId":1,"outputPrefixType":"RAW"}""";
        byte[] utf8 = Encoding.UTF8.GetBytes(json.Replace("KEY", Key, StringComparison.Ordinal));
        Assert.Equal("BW1201", Assert.Throws<KeyException>(() => StreamingKeyset.ParseJson(utf8)).Code);
        foreach ((string from, string to) in new[]
        {
            ("ENABLED", "DISABLED"), ("ENABLED", "UNKNOWN_STATUS"), ("RAW", "WHAT"), ("SYMMETRIC", "REMOTE"), ("AesGcmHkdfStreamingKey", "AesGcmKey"),
            ("EgcI", "!!!!"), ("EgcI", "EgcJ"), ("\"keyId\":1", "\"keyId\":\"1\""), ("\"status\":\"ENABLED\",", ""), ("\"RAW\"", "\"RAW\",\"status\":\"ENABLED\""),
        })
        {
            string whole = $$"""{"primaryKeyId":1,"key":[{{Key}}]}""";
            StreamingKeyset.ParseJson(Encoding.UTF8.GetBytes(whole)).Dispose();
            Assert.Equal("BW1201", Assert.Throws<KeyException>(
                () => StreamingKeyset.ParseJson(Encoding.UTF8.GetBytes(whole.Replace(from, to, StringComparison.Ordinal)))).Code);
        }
    }

    [Fact]
    public void Mutated_keysets_only_ever_give_the_documented_errors()
    {
        using StreamingKeyset keyset = StreamingKeyset.Generate();
        byte[] json = keyset.ToJson();
        byte[] binary = keyset.ToBinary().Span.ToArray();
        Random random = new(3);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            try
            {
                using StreamingKeyset parsed = i % 2 == 0
                    ? StreamingKeyset.ParseJson(Mutation.Of(json, random))
                    : StreamingKeyset.ParseBinary(Mutation.Of(binary, random));
                // What is accepted is a keyset: it can be written and read again.
                using StreamingKeyset again = StreamingKeyset.ParseJson(parsed.ToJson());
                accepted++;
            }
            catch (Exception e) when (e is KeyException or EncryptionException)
            {
                Assert.DoesNotContain(Convert.ToBase64String(binary.AsSpan(^40..)), e.ToString(), StringComparison.Ordinal);
            }
        }

        Assert.InRange(accepted, 1, 19_999);
    }

    [Fact]
    public void Random_bytes_are_no_keyset()
    {
        Random random = new(4);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            Assert.Throws<KeyException>(() => StreamingKeyset.ParseBinary(bytes));
        }
    }

    [Fact]
    public void A_disposed_key_cannot_be_used()
    {
        StreamingKeyset keyset = StreamingKeyset.Generate();
        StreamingAeadKey key = keyset.Primary;
        SegmentEncryptor encryptor = new(key, default);
        keyset.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new SegmentEncryptor(key, default));
        Assert.Throws<ObjectDisposedException>(() => keyset.ToBinary());
        encryptor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => encryptor.Encrypt(0, true, new byte[1], new byte[17]));
    }

    private static async Task<byte[]> DecryptTink(byte[] body, JsonNode keysetJson)
    {
        MemoryObjectStore store = new();
        await using IObjectReader reader = await store.OpenReadAsync(store.Put("c", "m", body), CancellationToken.None);
        using StreamingKeyset keyset = StreamingKeyset.ParseJson(Encoding.UTF8.GetBytes(keysetJson.ToJsonString()));
        using ModelDecryptor decryptor = await ModelDecryptor.OpenTinkAsync(reader, keyset, "models/a"u8.ToArray(), CancellationToken.None);
        RecordingSink sink = new();
        await decryptor.DecryptAsync(sink.WriteAsync, true, null, CancellationToken.None);
        return sink.Bytes;
    }
}
