using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bulwark.Keys;
using Bulwark.Testing;

namespace Bulwark.Local.Tests;

public sealed class LocalKeyRingTests : IDisposable
{
    private const UnixFileMode FileMode0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode0700 = FileMode0600 | UnixFileMode.UserExecute;
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly LocalKeyKind[] Kinds = Enum.GetValues<LocalKeyKind>();
    private readonly TemporaryFolder _folder = new();
    private readonly LocalKeyRing _ring;

    public LocalKeyRingTests() => _ring = new LocalKeyRing(_folder["home"]);

    public static TheoryData<LocalKeyKind> KindNames => [.. Kinds];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Keys_are_made_on_first_use_and_are_the_same_ever_after()
    {
        Assert.Empty(_ring.List());
        Assert.Empty(_ring.GetVerificationKeys());
        Assert.False(Directory.Exists(_ring.Home));
        await MakeAllAsync(_ring);
        LocalKeyInfo[] made = [.. _ring.List()];
        Assert.Equal(Kinds, made.Select(k => k.Kind));
        Assert.All(made, k => Assert.True(k.IsCurrent));
        await MakeAllAsync(new LocalKeyRing(_ring.Home));
        Assert.Equal(made, new LocalKeyRing(_ring.Home).List());
    }

    [Fact]
    public async Task Only_their_owner_can_read_the_keys()
    {
        await MakeAllAsync(_ring);
        foreach (LocalKeyKind kind in Kinds)
            await _ring.RotateAsync(kind, None);
        Assert.All(Files(), f => Assert.Equal(FileMode0600, File.GetUnixFileMode(f)));
        Assert.All(
            Directory.GetDirectories(_ring.Home, "*", SearchOption.AllDirectories).Append(_ring.Home),
            f => Assert.Equal(FolderMode0700, File.GetUnixFileMode(f)));
    }

    [Theory]
    [MemberData(nameof(KindNames))]
    public async Task Of_many_rings_that_start_at_once_all_get_one_key(LocalKeyKind kind)
    {
        for (int round = 0; round < 3; round++)
        {
            string home = _folder[$"home-{round}"];
            string[] names = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => NameAsync(new LocalKeyRing(home), kind))));
            Assert.Single(names.Distinct());
            Assert.Single(new LocalKeyRing(home).List());
        }
    }

    [Theory]
    [InlineData(LocalKeyKind.Signing, "*/signing/*.pem")]
    [InlineData(LocalKeyKind.Signing, "*/signing/current")]
    [InlineData(LocalKeyKind.Wrapping, "*/wrapping.json")]
    [InlineData(LocalKeyKind.Watermark, "*/watermark/*.key")]
    [InlineData(LocalKeyKind.Log, "*/log.pem")]
    [InlineData(LocalKeyKind.MLDsa, "*/mldsa/*.pem")]
    public async Task A_key_file_that_others_could_use_or_that_is_damaged_is_refused_and_kept(LocalKeyKind kind, string pattern)
    {
        await NameAsync(_ring, kind);
        string path = Files().Single(f => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, f));
        byte[] good = await File.ReadAllBytesAsync(path);
        foreach (UnixFileMode more in new[] { UnixFileMode.GroupRead, UnixFileMode.GroupWrite, UnixFileMode.OtherRead, UnixFileMode.OtherWrite })
        {
            File.SetUnixFileMode(path, FileMode0600 | more);
            await RefusedAsync("BW1202", kind);
        }

        File.SetUnixFileMode(path, FileMode0600);
        foreach (byte[] bad in new[] { [], good[..(good.Length / 2)], new byte[good.Length], new byte[100_000] })
        {
            await File.WriteAllBytesAsync(path, bad);
            KeyException error = await RefusedAsync("BW1205", kind);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            Assert.Contains("backup", error.Remedy, StringComparison.Ordinal);
            Assert.Equal(bad, await File.ReadAllBytesAsync(path));
        }

        await File.WriteAllBytesAsync(path, good);
        await NameAsync(_ring, kind);
    }

    [Theory]
    [MemberData(nameof(KindNames))]
    public async Task A_folder_in_which_others_could_put_keys_is_refused(LocalKeyKind kind)
    {
        await NameAsync(_ring, kind);
        foreach (string folder in new[] { _ring.Home, Path.Combine(_ring.Home, "keys") })
        {
            File.SetUnixFileMode(folder, FolderMode0700 | UnixFileMode.GroupWrite);
            await RefusedAsync("BW1202", kind);
            File.SetUnixFileMode(folder, FolderMode0700);
        }
    }

    [RootFact]
    public async Task A_key_file_of_another_user_is_refused()
    {
        await NameAsync(_ring, LocalKeyKind.Signing);
        Shell.Run("chown", "65534", Files().Single(f => f.EndsWith(".pem", StringComparison.Ordinal)));
        await RefusedAsync("BW1202", LocalKeyKind.Signing);
    }

    [Fact]
    public async Task A_key_file_that_is_a_link_is_refused()
    {
        await NameAsync(_ring, LocalKeyKind.Log);
        string path = Path.Combine(_ring.Home, "keys", "log.pem");
        File.Move(path, _folder["elsewhere"]);
        File.CreateSymbolicLink(path, _folder["elsewhere"]);
        var error = await Assert.ThrowsAsync<Storage.StorageException>(() => NameAsync(_ring, LocalKeyKind.Log));
        Assert.Equal("BW1008", error.Code);
    }

    [Fact]
    public async Task A_key_that_the_pointer_names_and_that_is_gone_is_not_replaced_by_a_new_one()
    {
        await NameAsync(_ring, LocalKeyKind.Watermark);
        File.Delete(Files().Single(f => f.EndsWith(".key", StringComparison.Ordinal)));
        await RefusedAsync("BW1204", LocalKeyKind.Watermark);
    }

    [Fact]
    public async Task A_swapped_key_file_is_noticed_by_its_name()
    {
        string first = await NameAsync(_ring, LocalKeyKind.Watermark);
        await _ring.RotateAsync(LocalKeyKind.Watermark, None);
        string folder = Path.Combine(_ring.Home, "keys", "watermark");
        File.Copy(Path.Combine(folder, first + ".key"), Path.Combine(folder, _ring.GetWatermarkMasters()[0].Id + ".key"), overwrite: true);
        await RefusedAsync("BW1205", LocalKeyKind.Watermark);
    }

    [Fact]
    public async Task A_first_key_whose_pointer_was_not_written_any_more_is_taken()
    {
        string name = await NameAsync(_ring, LocalKeyKind.Signing);
        string pointer = Path.Combine(_ring.Home, "keys", "signing", "current");
        File.Delete(pointer);
        Assert.Equal(name, await NameAsync(_ring, LocalKeyKind.Signing));
        await _ring.RotateAsync(LocalKeyKind.Signing, None);
        File.Delete(pointer);
        await RefusedAsync("BW1205", LocalKeyKind.Signing);
    }

    [Theory]
    [MemberData(nameof(KindNames))]
    public async Task A_rotation_puts_a_new_key_in_use_and_keeps_the_old_ones(LocalKeyKind kind)
    {
        string first = await NameAsync(_ring, kind);
        await _ring.RotateAsync(kind, None);
        string second = await NameAsync(_ring, kind);
        await _ring.RotateAsync(kind, None);
        string third = await NameAsync(_ring, kind);
        Assert.Equal(3, new[] { first, second, third }.Distinct().Count());
        LocalKeyInfo[] listed = [.. _ring.List()];
        Assert.Equal(3, listed.Length);
        Assert.Equal([true, false, false], listed.Select(k => k.IsCurrent));
        Assert.EndsWith(listed[0].Id, third, StringComparison.Ordinal);
        Assert.Equal(new[] { first, second, third }.Select(n => n[^8..]).Order(), listed.Select(k => k.Id[^8..]).Order());
    }

    [Fact]
    public async Task What_was_locked_before_a_rotation_opens_after_it()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32);
        using KeysetWrappingKey before = _ring.GetWrappingKey();
        byte[] wrapped = await before.WrapAsync(secret, "ad"u8.ToArray(), None);
        using PemSigningKey signing = await _ring.GetSigningKeyAsync(None);
        byte[] signature = await signing.SignAsync(secret, None);
        byte[] checkpoint = await _ring.GetLogKey().SignAsync(secret, None);
        foreach (LocalKeyKind kind in Kinds)
            await _ring.RotateAsync(kind, None);
        using KeysetWrappingKey after = _ring.GetWrappingKey();
        Assert.NotEqual(before.KeyUri, after.KeyUri);
        Assert.Equal(secret, await after.UnwrapAsync(wrapped, "ad"u8.ToArray(), None));
        Assert.Single(_ring.GetVerificationKeys().Where(k => k.Algorithm == SignatureAlgorithm.EcdsaP256Sha256), k => k.Verify(secret, signature));
        Assert.Single(_ring.GetLogVerificationKeys(), k => k.Verify(secret, checkpoint));
        Assert.False(_ring.GetLogVerificationKeys()[0].Verify(secret, checkpoint));
    }

    [Fact]
    public async Task Rotations_at_once_lose_no_key()
    {
        foreach (LocalKeyKind kind in Kinds)
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => new LocalKeyRing(_ring.Home).RotateAsync(kind, None)));
        foreach (IGrouping<LocalKeyKind, LocalKeyInfo> group in _ring.List().GroupBy(k => k.Kind))
        {
            // The single files rotate a first key away that nobody had asked for.
            Assert.Equal(group.Key is LocalKeyKind.Wrapping or LocalKeyKind.Log ? 5 : 4, group.Count());
            Assert.Single(group, k => k.IsCurrent);
        }
    }

    [Fact]
    public async Task The_public_halves_are_exported_and_the_secret_ones_are_not()
    {
        using PemSigningKey signing = await _ring.GetSigningKeyAsync(None);
        Assert.Equal(signing.PublicKeyPem, _ring.ExportPublic(LocalKeyKind.Signing));
        Assert.Equal(_ring.GetLogKey().PublicKeyPem, _ring.ExportPublic(LocalKeyKind.Log));
        Assert.Equal("BW1204", Assert.Throws<KeyException>(() => _ring.ExportPublic(LocalKeyKind.MLDsa)).Code);
        foreach (LocalKeyKind kind in new[] { LocalKeyKind.Wrapping, LocalKeyKind.Watermark })
            Assert.Equal("BW1201", Assert.Throws<KeyException>(() => _ring.ExportPublic(kind)).Code);
    }

    [Fact]
    public async Task The_files_are_what_other_programs_read()
    {
        await MakeAllAsync(_ring);
        string signing = await File.ReadAllTextAsync(Files().Single(f => f.Contains("/signing/", StringComparison.Ordinal) && f.EndsWith(".pem", StringComparison.Ordinal)));
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----\n", signing, StringComparison.Ordinal);
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportFromPem(signing);
        Assert.Equal(256, ecdsa.KeySize);
        using JsonDocument keyset = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(_ring.Home, "keys", "wrapping.json")));
        JsonElement key = keyset.RootElement.GetProperty("key")[0];
        Assert.Equal(keyset.RootElement.GetProperty("primaryKeyId").GetUInt32(), key.GetProperty("keyId").GetUInt32());
        Assert.Equal("type.googleapis.com/google.crypto.tink.AesGcmKey", key.GetProperty("keyData").GetProperty("typeUrl").GetString());
    }

    [Fact]
    public async Task A_list_tells_no_secret()
    {
        await MakeAllAsync(_ring);
        string told = string.Join('\n', _ring.List());
        using WatermarkMaster master = _ring.GetWatermarkMasters()[0];
        Assert.DoesNotContain(Convert.ToHexStringLower(master.Secret[..8]), told, StringComparison.Ordinal);
        foreach (string line in Files().SelectMany(f => Encoding.Latin1.GetString(File.ReadAllBytes(f)).Split('\n')).Where(l => l.Length >= 40 && !l.StartsWith("---", StringComparison.Ordinal)))
            Assert.DoesNotContain(line, told, StringComparison.Ordinal);
    }

    private static async Task MakeAllAsync(LocalKeyRing ring)
    {
        foreach (LocalKeyKind kind in Kinds)
            await NameAsync(ring, kind);
    }

    private static async Task<string> NameAsync(LocalKeyRing ring, LocalKeyKind kind)
    {
        switch (kind)
        {
            case LocalKeyKind.Signing:
                using (PemSigningKey key = await ring.GetSigningKeyAsync(None))
                    return key.KeyUri;
            case LocalKeyKind.Wrapping:
                using (KeysetWrappingKey key = ring.GetWrappingKey())
                    return key.KeyUri;
            case LocalKeyKind.Watermark:
                return ring.GetWatermarkMasters()[0].Id;
            case LocalKeyKind.Log:
                return ring.GetLogKey().KeyUri;
            default:
                return (await ring.GetMLDsaKeyAsync(None)).KeyUri;
        }
    }

    private string[] Files() => Directory.GetFiles(_ring.Home, "*", SearchOption.AllDirectories);

    private async Task<KeyException> RefusedAsync(string code, LocalKeyKind kind)
    {
        KeyException error = await Assert.ThrowsAsync<KeyException>(() => NameAsync(_ring, kind));
        Assert.Equal(code, error.Code);
        return error;
    }
}
