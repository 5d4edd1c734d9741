using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bulwark.Encryption;
using Bulwark.Keys;

namespace Bulwark.Tests.Encryption;

public sealed class EnvelopeSidecarTests
{
    private static readonly string[] Members =
        ["format", "version", "plaintextSize", "plaintextSha256", "segmentSize", "header", "associatedData", "keyCommitment", "wraps"];

    [Fact]
    public async Task A_sidecar_survives_its_JSON_and_holds_what_was_agreed()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(1000);
        byte[] json = model.Sidecar.ToJson();
        JsonNode node = JsonNode.Parse(json)!;
        Assert.Equal(Members, node.AsObject().Select(m => m.Key));
        Assert.Equal("bulwark-envelope", (string?)node["format"]);
        Assert.Equal(1, (int)node["version"]!);
        Assert.Equal(1000, (long)node["plaintextSize"]!);
        Assert.Equal(1 << 20, (int)node["segmentSize"]!);
        Assert.Equal(Convert.ToHexStringLower(model.Body.AsSpan(0, 40)), (string?)node["header"]);
        Assert.Equal("models/a", (string?)node["associatedData"]);
        JsonNode wrap = node["wraps"]!.AsArray().Single()!;
        Assert.Equal(["provider", "keyUri", "aad", "encryptedKeyset"], wrap.AsObject().Select(m => m.Key));
        Assert.Equal("local", (string?)wrap["provider"]);
        Assert.Equal(model.Kek.KeyUri, (string?)wrap["keyUri"]);

        // The encrypted keyset is Tink's JSON as it stands: it can be cut out and used alone.
        using StreamingKeyset keyset = await StreamingKeyset.UnwrapJsonAsync(
            Encoding.UTF8.GetBytes(wrap["encryptedKeyset"]!.ToJsonString()), model.Kek, "models/a"u8.ToArray(), CancellationToken.None);
        Assert.Equal(model.Plaintext, NaiveTinkReader.Decrypt(model.Body, NaiveTinkReader.ReadKey(keyset.ToJson()), "models/a"u8.ToArray()));
        Assert.Equal(json, EnvelopeSidecar.Parse(json).ToJson());
    }

    [Fact]
    public async Task Several_wraps_over_one_keyset_each_open_the_body()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(1000);
        using KeysetWrappingKey second = NewKey("local://second"), third = NewKey("local://third");
        EnvelopeSidecar sidecar = await model.Sidecar.AddWrapAsync([model.Kek], second, CancellationToken.None);
        sidecar = await sidecar.AddWrapAsync([second], third, CancellationToken.None);
        Assert.Equal([model.Kek.KeyUri, second.KeyUri, third.KeyUri], sidecar.Wraps.Select(w => w.KeyUri));
        sidecar = EnvelopeSidecar.Parse(sidecar.ToJson());
        foreach (KeysetWrappingKey key in new[] { model.Kek, second, third })
        {
            RecordingSink sink = new();
            await model.DecryptAsync(sink, sidecar: sidecar, key: key);
            Assert.Equal(model.Plaintext, sink.Bytes);
        }

        EnvelopeSidecar without = sidecar.RemoveWrap(model.Kek.KeyUri);
        Assert.Equal("BW1901", (await Assert.ThrowsAsync<EncryptionException>(() => model.OpenAsync(sidecar: without))).Code);
        (await model.OpenAsync(sidecar: without, key: third)).Dispose();
        Assert.Equal("BW1915", Assert.Throws<EncryptionException>(() => without.RemoveWrap(model.Kek.KeyUri)).Code);
        Assert.Equal("BW1915", Assert.Throws<EncryptionException>(() => without.RemoveWrap(second.KeyUri).RemoveWrap(third.KeyUri)).Code);
    }

    [Fact]
    public async Task A_wrap_that_fails_does_not_hide_one_that_opens()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(1000);
        using KeysetWrappingKey second = NewKey("local://second");
        EnvelopeSidecar sidecar = await model.Sidecar.AddWrapAsync([model.Kek], second, CancellationToken.None);
        using StubKey broken = new(model.Kek.KeyUri);
        using StreamingKeyset keyset = await sidecar.UnwrapAsync([broken, second], CancellationToken.None);
        Assert.Equal(1, broken.Calls);
        using StubKey stranger = new("local://stranger");
        Assert.Equal("BW1901", (await Assert.ThrowsAsync<EncryptionException>(() => sidecar.UnwrapAsync([stranger], CancellationToken.None))).Code);
        Assert.Equal(0, stranger.Calls);
    }

    [Fact]
    public async Task Rotation_keeps_old_bodies_open_and_rewrapping_touches_only_the_sidecar()
    {
        byte[] first = KeysetWrappingKey.GenerateJson();
        using KeysetWrappingKey old = KeysetWrappingKey.Parse(first);
        using EncryptedModel model = await EncryptedModel.MakeAsync(1000, kek: old);
        byte[] second = KeysetWrappingKey.Rotate(first);
        using KeysetWrappingKey rotated = KeysetWrappingKey.Parse(second);
        Assert.NotEqual(old.KeyUri, rotated.KeyUri);
        (await model.OpenAsync(key: rotated)).Dispose();

        EnvelopeSidecar rewrapped = (await model.Sidecar.AddWrapAsync([rotated], rotated, CancellationToken.None)).RemoveWrap(old.KeyUri);
        Assert.Equal([rotated.KeyUri], rewrapped.Wraps.Select(w => w.KeyUri));
        Assert.Equal(model.Sidecar.Header, rewrapped.Header);
        Assert.Equal(model.Sidecar.KeyCommitment, rewrapped.KeyCommitment);
        (await model.OpenAsync(sidecar: rewrapped, key: rotated)).Dispose();
        Assert.Equal("BW1901", (await Assert.ThrowsAsync<EncryptionException>(() => model.OpenAsync(sidecar: rewrapped, key: old))).Code);
    }

    [Fact]
    public async Task A_keyset_swapped_for_another_one_under_the_same_key_is_caught_by_the_commitment()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(1000);
        using EncryptedModel other = await EncryptedModel.MakeAsync(1000, kek: model.Kek);
        EnvelopeSidecar swapped = model.Sidecar with { Wraps = other.Sidecar.Wraps };
        Assert.Equal("BW1909", (await Assert.ThrowsAsync<EncryptionException>(() => model.OpenAsync(sidecar: swapped))).Code);
        // Nor can a new wrap be made from it, which would launder it.
        using KeysetWrappingKey second = NewKey("local://second");
        Assert.Equal("BW1909", (await Assert.ThrowsAsync<EncryptionException>(
            () => swapped.AddWrapAsync([model.Kek], second, CancellationToken.None))).Code);
    }

    [Fact]
    public async Task A_keyset_with_several_keys_opens_by_the_one_that_is_committed()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(1000);
        JsonNode keyset = JsonNode.Parse(await model.KeysetJsonAsync())!;
        JsonObject[] others = [.. Enumerable.Range(0, 3).Select(_ => JsonNode.Parse(StreamingKeyset.Generate().ToJson())!["key"]![0]!.DeepClone().AsObject())];
        foreach (JsonObject other in others)
            keyset["key"]!.AsArray().Insert(0, other);
        keyset["primaryKeyId"] = others[0]["keyId"]!.DeepClone();
        using StreamingKeyset many = StreamingKeyset.ParseJson(Encoding.UTF8.GetBytes(keyset.ToJsonString()));
        Assert.Equal(4, many.Keys.Count);
        EncryptedKeyset wrapped = await many.WrapAsync(model.Kek, "models/a"u8.ToArray(), CancellationToken.None);
        EnvelopeSidecar sidecar = model.Sidecar with { Wraps = [model.Sidecar.Wraps[0] with { EncryptedKeyset = wrapped }] };
        RecordingSink sink = new();
        await model.DecryptAsync(sink, sidecar: EnvelopeSidecar.Parse(sidecar.ToJson()));
        Assert.Equal(model.Plaintext, sink.Bytes);
    }

    [Theory]
    [InlineData("aws-kms://arn:aws:kms:eu-central-1:1:key/2", "aws-kms")]
    [InlineData("gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k", "gcp-kms")]
    [InlineData("https://house.vault.azure.net/keys/k/v", "azure-key-vault")]
    [InlineData("https://house.managedhsm.azure.net/keys/k/v", "azure-key-vault")]
    [InlineData("https://example.org/key", "https")]
    [InlineData("local://kek/7", "local")]
    [InlineData("plain", "unknown")]
    public async Task The_provider_is_named_after_the_key(string keyUri, string provider)
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(10);
        EnvelopeSidecar sidecar = await model.Sidecar.AddWrapAsync([model.Kek], new RenamedKey(model.Kek, keyUri), CancellationToken.None);
        Assert.Equal(provider, sidecar.Wraps.Single(w => w.KeyUri == keyUri).Provider);
    }

    [Theory]
    [InlineData("version", "2")]
    [InlineData("version", "0")]
    [InlineData("version", "1e99")]
    [InlineData("version", "\"1\"")]
    [InlineData("format", "\"other-envelope\"")]
    [InlineData("format", "1")]
    public async Task An_unknown_version_is_named_as_such_even_with_members_nobody_knows(string member, string value)
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(10);
        JsonNode node = JsonNode.Parse(model.Sidecar.ToJson())!;
        node[member] = JsonNode.Parse(value);
        Refused("BW1908", node);
        node["newMember"] = new JsonObject { ["a"] = 1 };
        Refused("BW1908", node);
    }

    [Theory]
    [InlineData("plaintextSize", "-1")]
    [InlineData("plaintextSize", "1.5")]
    [InlineData("plaintextSize", "9223372036854775808")]
    [InlineData("plaintextSha256", "\"abc\"")]
    [InlineData("plaintextSha256", "null")]
    [InlineData("segmentSize", "56")]
    [InlineData("segmentSize", "-5")]
    [InlineData("segmentSize", "2147483648")]
    [InlineData("header", "\"28\"")]
    [InlineData("header", "\"GG\"")]
    [InlineData("associatedData", "null")]
    [InlineData("associatedData", "\"\\ud800\"")]
    [InlineData("keyCommitment", "\"\"")]
    [InlineData("wraps", "[]")]
    [InlineData("wraps", "[null]")]
    [InlineData("wraps", "null")]
    [InlineData("wraps", "[{}]")]
    [InlineData("extra", "1")]
    public async Task A_value_out_of_bounds_and_an_unknown_member_are_refused(string member, string value)
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(10);
        string json = Encoding.UTF8.GetString(model.Sidecar.ToJson());
        JsonNode node = JsonNode.Parse(json)!;
        // Put in as text, because the text may be no valid Unicode.
        node[member] = "PLACE";
        EncryptionException refusal = Assert.Throws<EncryptionException>(
            () => EnvelopeSidecar.Parse(Encoding.UTF8.GetBytes(node.ToJsonString().Replace("\"PLACE\"", value, StringComparison.Ordinal))));
        Assert.Equal("BW1910", refusal.Code);
    }

    [Fact]
    public async Task Missing_repeated_and_wrongly_cased_members_are_refused()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(10);
        string json = Encoding.UTF8.GetString(model.Sidecar.ToJson());
        foreach (string member in Members)
        {
            JsonObject without = JsonNode.Parse(json)!.AsObject();
            JsonNode value = without[member]!.DeepClone();
            without.Remove(member);
            Refused("BW1910", without);
            without[member.ToUpperInvariant()] = value;
            Refused("BW1910", without);
            string twice = $"{{\"{member}\":{value.ToJsonString()},{json[1..]}";
            Assert.Equal("BW1910", Assert.Throws<EncryptionException>(() => EnvelopeSidecar.Parse(Encoding.UTF8.GetBytes(twice))).Code);
        }

        foreach (string member in new[] { "provider", "keyUri", "aad", "encryptedKeyset" })
        {
            JsonNode node = JsonNode.Parse(json)!;
            node["wraps"]![0]!.AsObject().Remove(member);
            Refused("BW1910", node);
        }

        JsonNode inner = JsonNode.Parse(json)!;
        inner["wraps"]![0]!["encryptedKeyset"]!["surprise"] = 1;
        Refused("BW1910", inner);
        JsonNode doubled = JsonNode.Parse(json)!;
        doubled["wraps"]!.AsArray().Add(doubled["wraps"]![0]!.DeepClone());
        Refused("BW1910", doubled);
    }

    [Fact]
    public async Task A_sidecar_beyond_the_limits_is_refused()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(10);
        byte[] json = model.Sidecar.ToJson();
        byte[] padded = [.. json, .. Enumerable.Repeat((byte)' ', EnvelopeSidecar.MaximumLength - json.Length)];
        Assert.Equal(model.Sidecar.Header, EnvelopeSidecar.Parse(padded).Header);
        Assert.Equal("BW1910", Assert.Throws<EncryptionException>(() => EnvelopeSidecar.Parse([.. padded, (byte)' '])).Code);
        Assert.Equal("BW1910", (await Assert.ThrowsAsync<EncryptionException>(() => EncryptedModel.MakeAsync(10, associatedData: new string('x', 4097)))).Code);
        Assert.Equal("BW1910", (await Assert.ThrowsAsync<EncryptionException>(() => EncryptedModel.MakeAsync(10, associatedData: "\ud800"))).Code);

        EnvelopeSidecar full = model.Sidecar;
        for (int i = 1; i < EnvelopeSidecar.MaximumWraps; i++)
            full = await full.AddWrapAsync([model.Kek], new RenamedKey(model.Kek, $"local://{i}"), CancellationToken.None);
        Assert.Equal(EnvelopeSidecar.MaximumWraps, EnvelopeSidecar.Parse(full.ToJson()).Wraps.Count);
        Assert.Equal("BW1915", (await Assert.ThrowsAsync<EncryptionException>(
            () => full.AddWrapAsync([model.Kek], new RenamedKey(model.Kek, "local://more"), CancellationToken.None))).Code);
    }

    [Fact]
    public async Task Mutated_sidecars_only_ever_give_the_documented_error()
    {
        using EncryptedModel model = await EncryptedModel.MakeAsync(100);
        byte[] json = model.Sidecar.ToJson();
        Random random = new(11);
        for (int i = 0; i < 3000; i++)
        {
            byte[] mutated = Mutation.Of(json, random);
            try
            {
                EnvelopeSidecar parsed = EnvelopeSidecar.Parse(mutated);
                if (i % 10 == 0)
                    (await model.OpenAsync(sidecar: parsed)).Dispose();
            }
            catch (EncryptionException e)
            {
                Assert.StartsWith("BW19", e.Code, StringComparison.Ordinal);
            }
        }
    }

    private static void Refused(string code, JsonNode node) =>
        Assert.Equal(code, Assert.Throws<EncryptionException>(() => EnvelopeSidecar.Parse(JsonSerializer.SerializeToUtf8Bytes(node))).Code);

    private static KeysetWrappingKey NewKey(string name) => KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson(), name);
}
