using System.Text;
using Bulwark.Audit;
using Bulwark.Keys;
using CsCheck;

namespace Bulwark.Tests.Audit;

/// <summary>Examples of C2SP signed-note and of golang.org/x/mod/sumdb/note.</summary>
public sealed class SignedNoteTests
{
    private const string C2spKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    private const string C2spNote =
        "This is an example message.\n\n" +
        "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    private const string GoKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string GoSeed = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=";
    private const string GoText = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    private const string GoNote =
        GoText + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    [Theory]
    [InlineData(C2spKey, C2spNote)]
    [InlineData(GoKey, GoNote)]
    public void The_published_examples_verify(string vkey, string note)
    {
        NoteVerifierKey key = NoteVerifierKey.Parse(vkey);
        Assert.Equal(vkey, key.ToString());
        SignedNote? signed = SignedNote.TryParse(Encoding.UTF8.GetBytes(note), out _);
        Assert.NotNull(signed);
        Assert.True(signed.IsSignedBy([key], out _));
        Assert.Equal(note, signed.ToString());
    }

    [Fact]
    public async Task A_note_is_signed_as_Go_signs_it()
    {
        LogSigner signer = new(SigningKey(Convert.FromBase64String(GoSeed)), "PeterNeumann");
        Assert.Equal(GoKey, signer.VerifierKey.ToString());
        Assert.Equal(GoNote, (await signer.SignAsync(GoText, default)).ToString());
    }

    [Fact]
    public void A_signature_of_an_unknown_key_is_passed_over_and_a_wrong_one_of_a_known_key_condemns()
    {
        NoteVerifierKey go = NoteVerifierKey.Parse(GoKey);
        NoteVerifierKey foreign = NoteVerifierKey.Parse(C2spKey);
        string foreignLine = C2spNote[(C2spNote.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        SignedNote both = SignedNote.TryParse(Encoding.UTF8.GetBytes(GoNote + foreignLine), out _)!;
        Assert.True(both.IsSignedBy([go], out _));
        Assert.False(both.IsSignedBy([foreign], out _));
        Assert.False(both.IsSignedBy([go, foreign], out string why));
        Assert.Contains("wrong", why, StringComparison.Ordinal);
        Assert.False(both.IsSignedBy([], out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n\n— name\n")]
    [InlineData("text\n\n— name AAAA\n")]
    [InlineData("text\n\n— name AAAAAA==")]
    [InlineData("text\n\n- name AAAAAAAA\n")]
    [InlineData("text\n\n— na+me AAAAAAAA\n")]
    [InlineData("text\n\n—  AAAAAAAA\n")]
    [InlineData("text\n\n— name AAAA AAAA\n")]
    [InlineData("te\txt\n\n— name AAAAAAAA\n")]
    [InlineData("te\rxt\n\n— name AAAAAAAA\n")]
    public void A_malformed_note_is_refused(string note)
    {
        Assert.Null(SignedNote.TryParse(Encoding.UTF8.GetBytes(note), out string why));
        Assert.NotEmpty(why);
    }

    [Theory]
    [InlineData("")]
    [InlineData("name")]
    [InlineData("name+00000000+AAAA")]
    [InlineData("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=")]
    [InlineData("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    public void A_malformed_verifier_key_is_refused(string vkey) =>
        Assert.Equal("BW1311", Assert.Throws<AuditException>(() => NoteVerifierKey.Parse(vkey)).Code);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a+b")]
    [InlineData("a\nb")]
    [InlineData("a\u2028b")]
    [InlineData("a\u00a0b")]
    public void A_name_with_spaces_or_plus_is_no_origin(string name) =>
        Assert.Equal("BW1311", Assert.Throws<AuditException>(() => new LogSigner(Ed25519SigningKey.Generate(), name)).Code);

    [Fact]
    public void Mutated_notes_are_refused_without_any_other_error()
    {
        NoteVerifierKey key = NoteVerifierKey.Parse(GoKey);
        Gen.Select(Gen.Int[0, Encoding.UTF8.GetByteCount(GoNote) - 1], Gen.Byte[1, 255]).Sample((at, mask) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(GoNote);
            bytes[at] ^= mask;
            if (SignedNote.TryParse(bytes, out _) is { } note && note.IsSignedBy([key], out _))
                Assert.Fail($"byte {at} ^ {mask}");
        }, iter: 2000);
    }

    [Fact]
    public async Task Mutated_checkpoints_are_refused_as_audit_errors()
    {
        LogSigner signer = new(Ed25519SigningKey.Generate(), "example.com/log");
        string[] texts = ["example.com/log\n05\n", "example.com/log\n5\nAAAA\n", "x\n5\n", "example.com/log\n-1\n", "example.com/log\n99999999999999999999\n"];
        string root = MerkleTree.EmptyRoot.ToBase64();
        texts = [.. texts, .. texts.Select(t => t + root + "\n"), $"example.com/log\n1\n{root}\n\nmore\n", $"example.com/log\n0\n{MerkleTree.HashLeaf([]).ToBase64()}\n"];
        foreach (string text in texts)
        {
            byte[] note = Encoding.UTF8.GetBytes((await signer.SignAsync(text, default)).ToString());
            AuditException error = Assert.Throws<AuditException>(() => Checkpoint.Open("x", note, "example.com/log", [signer.VerifierKey]));
            Assert.Contains(error.Code, new[] { "BW1302", "BW1304" });
        }
    }

    internal static Ed25519SigningKey SigningKey(byte[] seed) => Ed25519SigningKey.FromPem(
        System.Security.Cryptography.PemEncoding.Write("PRIVATE KEY", [.. Convert.FromHexString("302e020100300506032b657004220420"), .. seed]));
}
