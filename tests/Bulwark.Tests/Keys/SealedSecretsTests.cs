using System.Text;
using Bulwark.Keys;
using Bulwark.State;
using Bulwark.Testing;

namespace Bulwark.Tests.Keys;

/// <summary>Secrets that are kept in the state store, sealed.</summary>
public sealed class SealedSecretsTests : IDisposable
{
    private readonly MemoryStateStore _state = new();
    private readonly KeysetWrappingKey _key = KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson());

    private SealedSecrets Secrets => new(_state, _key, TimeProvider.System);

    [Fact]
    public async Task A_secret_is_made_once_and_opens_again()
    {
        byte[] first = await FirstAsync("watermark"), again = await FirstAsync("watermark"), other = await FirstAsync("log");
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.Equal(32, first.Length);
    }

    [Fact]
    public async Task Workers_that_start_at_once_agree_on_one_secret()
    {
        byte[][] found = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => FirstAsync("watermark"))));
        Assert.All(found, f => Assert.Equal(found[0], f));
    }

    [Fact]
    public async Task A_rotation_puts_a_new_secret_in_use_and_keeps_the_old_ones_behind_it()
    {
        byte[] old = await FirstAsync("watermark");
        await Secrets.RotateAsync("watermark", Make, CancellationToken.None);
        await Secrets.RotateAsync("watermark", Make, CancellationToken.None);
        IReadOnlyList<SecretBytes> all = await Secrets.OpenAsync("watermark", Make, CancellationToken.None);
        Assert.Equal(3, all.Count);
        Assert.Equal(old, all[2].Span.ToArray());
        Assert.Equal(3, all.Select(s => Convert.ToHexString(s.Span)).Distinct().Count());
    }

    [Fact]
    public async Task A_series_whose_name_begins_another_is_not_mixed_up_with_it()
    {
        byte[] longer = await FirstAsync("log-old"), shorter = await FirstAsync("log");
        Assert.NotEqual(longer, shorter);
        Assert.Single(await Secrets.OpenAsync("log", Make, CancellationToken.None));
    }

    [Fact]
    public async Task What_is_kept_does_not_hold_the_secret()
    {
        byte[] secret = await FirstAsync("watermark");
        StateDocument document = (await _state.GetAsync(SealedSecrets.Collection, "watermark/000001", CancellationToken.None))!;
        string text = Encoding.UTF8.GetString(document.Content.Span);
        Assert.DoesNotContain(Convert.ToBase64String(secret)[..40], text, StringComparison.Ordinal);
        Assert.Contains(_key.KeyUri, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sealed_secret_moved_to_another_place_does_not_open_there()
    {
        await FirstAsync("watermark");
        StateDocument document = (await _state.GetAsync(SealedSecrets.Collection, "watermark/000001", CancellationToken.None))!;
        await _state.TryPutAsync(SealedSecrets.Collection, "log/000001", document.Content, 0, CancellationToken.None);
        KeyException error = await Assert.ThrowsAsync<KeyException>(() => FirstAsync("log"));
        Assert.Equal("BW1203", error.Code);
    }

    [Theory]
    [InlineData("000001", "{}")]
    [InlineData("000001", "null")]
    [InlineData("000001", "not json")]
    [InlineData("000001", """{"keyUri":"k","created":"2026-01-01T00:00:00Z","sealed":"AAAA","more":1}""")]
    [InlineData("first", """{"keyUri":"k","created":"2026-01-01T00:00:00Z","sealed":"AAAA"}""")]
    public async Task A_damaged_secret_is_reported_and_no_new_one_takes_its_place(string number, string content)
    {
        await _state.TryPutAsync(SealedSecrets.Collection, $"watermark/{number}", Encoding.UTF8.GetBytes(content), 0, CancellationToken.None);
        KeyException error = await Assert.ThrowsAsync<KeyException>(() => FirstAsync("watermark"));
        Assert.Equal("BW1206", error.Code);
        Assert.NotNull(await _state.GetAsync(SealedSecrets.Collection, $"watermark/{number}", CancellationToken.None));
        Assert.True(number == "000001" || await _state.GetAsync(SealedSecrets.Collection, "watermark/000001", CancellationToken.None) is null);
    }

    [Fact]
    public async Task Another_key_does_not_open_them()
    {
        await FirstAsync("watermark");
        using KeysetWrappingKey other = KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson());
        KeyException error = await Assert.ThrowsAsync<KeyException>(
            () => new SealedSecrets(_state, other, TimeProvider.System).OpenAsync("watermark", Make, CancellationToken.None));
        Assert.Equal("BW1203", error.Code);
    }

    public void Dispose() => _key.Dispose();

    private static SecretBytes Make() => SecretBytes.Random(32);

    private async Task<byte[]> FirstAsync(string series)
    {
        IReadOnlyList<SecretBytes> all = await Secrets.OpenAsync(series, Make, CancellationToken.None);
        byte[] first = all[0].Span.ToArray();
        foreach (SecretBytes secret in all)
            secret.Dispose();
        return first;
    }
}
