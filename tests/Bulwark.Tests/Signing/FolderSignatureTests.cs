using System.Text;
using Bulwark.Signing;
using Bulwark.Testing;

namespace Bulwark.Tests.Signing;

/// <summary>Which files of a folder are signed, under which names, and what may stand beside them.</summary>
public sealed class FolderSignatureTests
{
    [Fact]
    public async Task Hidden_empty_and_nested_files_are_signed_and_folders_are_not()
    {
        using ModelFolder model = new(("w.bin", "w"), (".hidden", "h"), ("empty", ""), ("a/b/c/d.bin", "d"), (".cache/x", "x"));
        Directory.CreateDirectory(model["nothing"]);
        ModelManifest manifest = await model.ManifestAsync();
        Assert.Equal("model", manifest.Subject);
        Assert.Equal([".cache/x", ".hidden", "a/b/c/d.bin", "empty", "w.bin"], manifest.Resources.Select(r => r.Name));
        VerifiedModel verified = await model.VerifyAsync(await model.SignAsync());
        Assert.Empty(verified.Uncovered);
        Assert.Equal(4, verified.BytesVerified);

        // An empty folder may come and go; nothing says that it was there.
        byte[] bundle = await model.SignAsync();
        Directory.Delete(model["nothing"]);
        await model.VerifyAsync(bundle);
        File.WriteAllText(model["empty"], "no longer");
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle)));
    }

    [Fact]
    public async Task Names_are_listed_in_the_byte_order_of_their_utf_8()
    {
        string[] names = ["B", "a", "a-b", "a.b", "a/b".Replace('/', '0'), "z/1", "z-1", "\u00fc", "\uffee.bin", "\ud83d\ude00.bin", "\u6a21\u578b", "\ue000", "\ud7ff"];
        using ModelFolder model = new([.. names.Select(name => (name, name))]);
        string[] listed = [.. (await model.ManifestAsync()).Resources.Select(r => r.Name)];
        Assert.Equal(names.OrderBy(Encoding.UTF8.GetBytes, Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y))), listed);
        Assert.True(Array.IndexOf(listed, "\uffee.bin") < Array.IndexOf(listed, "\ud83d\ude00.bin"));
        await model.VerifyAsync(await model.SignAsync());
    }

    [Fact]
    public async Task Git_s_own_files_are_left_out_at_the_top_and_nowhere_else()
    {
        using ModelFolder model = new(
            ("w", "w"), (".git/config", "g"), (".gitattributes", "a"), (".github/x/y", "y"), (".gitignore", "i"),
            ("sub/.git/config", "g"), ("sub/.gitignore", "i"), (".gitmodules", "m"), (".GIT/config", "case"));
        ModelManifest manifest = await model.ManifestAsync();
        Assert.Equal([".GIT/config", ".gitmodules", "sub/.git/config", "sub/.gitignore", "w"], manifest.Resources.Select(r => r.Name));
        Assert.Equal([".git", ".gitattributes", ".github", ".gitignore"], manifest.Serialization.IgnorePaths);

        byte[] bundle = await model.SignAsync();
        VerifiedModel verified = await model.VerifyAsync(bundle);
        Assert.Equal([".git/config", ".gitattributes", ".github/x/y", ".gitignore"], verified.Uncovered.Select(u => u.Name));
        Assert.All(verified.Uncovered, u => Assert.Equal(UncoveredReason.GitMetadata, u.Reason));
        model.Write("other/.git/hook", "evil");
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle)));
    }

    [Fact]
    public async Task Ignored_paths_are_left_out_with_all_below_them_signed_as_such_and_named_to_the_verifier()
    {
        using ModelFolder model = new(("w", "w"), ("logs/1", "1"), ("logs/a/2", "2"), ("logs2", "3"), ("tmp", "t"), ("sub/tmp", "s"));
        ManifestOptions options = new() { IgnorePaths = ["logs/", "./tmp", model["sub/tmp"]] };
        ModelManifest manifest = await model.ManifestAsync(options);
        Assert.Equal(["logs2", "w"], manifest.Resources.Select(r => r.Name));
        Assert.Superset(new HashSet<string> { "logs", "tmp", "sub/tmp" }, manifest.Serialization.IgnorePaths.ToHashSet());

        byte[] bundle = await model.SignAsync(options);
        Assert.Equal(["logs/1", "logs/a/2", "sub/tmp", "tmp"], (await model.VerifyAsync(bundle)).Uncovered.Select(u => u.Name));
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(async () => await model.VerifyAsync(await model.SignAsync(new() { IgnorePaths = ["w"] }), new() { ExpectedName = "other" })));

        // The verifier's own list excuses additions, never a signed file that changed or is gone.
        byte[] all = await model.SignAsync();
        model.Write("new/file", "n");
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(() => model.VerifyAsync(all)));
        VerifiedModel verified = await model.VerifyAsync(all, new() { IgnorePaths = ["new", "w"] });
        Assert.Equal((UncoveredReason.IgnoredByVerifier, "new/file"), (verified.Uncovered.Single().Reason, verified.Uncovered.Single().Name));
        File.WriteAllText(model["w"], "changed");
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(() => model.VerifyAsync(all, new() { IgnorePaths = ["new", "w"] })));
        File.Delete(model["w"]);
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(() => model.VerifyAsync(all, new() { IgnorePaths = ["new", "w"] })));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("./")]
    [InlineData("../x")]
    [InlineData("a/../..")]
    [InlineData("*.bin")]
    [InlineData("a?")]
    [InlineData("[ab]")]
    [InlineData("/etc")]
    [InlineData("/")]
    public async Task A_path_that_cannot_be_ignored_is_an_error_for_signer_and_verifier(string path)
    {
        using ModelFolder model = new(("w", "w"));
        Assert.Equal("BW1812", await ModelFolder.CodeAsync(() => model.ManifestAsync(new() { IgnorePaths = [path] })));
        byte[] bundle = await model.SignAsync();
        Assert.Equal("BW1812", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle, new() { IgnorePaths = [path] })));
    }

    [Fact]
    public async Task Signatures_inside_the_model_are_no_part_of_it()
    {
        using ModelFolder model = new(("w", "w"));
        ManifestOptions options = new() { SignaturePaths = [model["model.sig"], model["sub/model.mldsa.sig"], model.Beside("else.sig")] };
        byte[] bundle = await model.SignAsync(options);
        model.Write("model.sig", Encoding.UTF8.GetString(bundle));
        model.Write("sub/model.mldsa.sig", "{}");
        ModelManifest manifest = await model.ManifestAsync(options);
        Assert.Equal(["w"], manifest.Resources.Select(r => r.Name));
        Assert.Contains("model.sig", manifest.Serialization.IgnorePaths);

        VerifiedModel verified = await ModelVerifier.VerifyAsync(model.Path, model["model.sig"], ModelFolder.Trust, new(), null, CancellationToken.None);
        Assert.Equal(["sub/model.mldsa.sig"], verified.Uncovered.Select(u => u.Name));
        Assert.Equal("BW1812", await ModelFolder.CodeAsync(() => ModelManifest.FromPathAsync(
            model["w"], new() { SignaturePaths = [model["w"]] }, null, CancellationToken.None)));
    }

    [Fact]
    public async Task Unsigned_files_are_refused_or_listed_on_demand_and_signed_ones_must_be_there_either_way()
    {
        using ModelFolder model = new(("w", "w"));
        byte[] bundle = await model.SignAsync();
        model.Write("evil.py", "import os");
        Shell.Run("ln", "-s", "/etc/passwd", model["link"]);
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle)));
        VerifiedModel verified = await model.VerifyAsync(bundle, new() { IgnoreUnsignedFiles = true });
        Assert.Equal(["evil.py", "link"], verified.Uncovered.Select(u => u.Name));
        Assert.All(verified.Uncovered, u => Assert.Equal(UncoveredReason.NotSigned, u.Reason));
        File.Delete(model["w"]);
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle, new() { IgnoreUnsignedFiles = true })));
    }

    [Fact]
    public async Task A_signed_file_that_became_a_link_is_refused_even_where_unsigned_files_are_not()
    {
        using ModelFolder model = new(("w", "w"));
        byte[] bundle = await model.SignAsync();
        File.Move(model["w"], model.Beside("w"));
        File.CreateSymbolicLink(model["w"], model.Beside("w"));
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle, new() { IgnoreUnsignedFiles = true })));
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle, new() { AllowSymlinks = true })));
        await model.VerifyAsync(bundle, new() { AllowSymlinks = true, LinkBoundary = Path.GetDirectoryName(model.Path) });
    }

    [Fact]
    public async Task Nothing_to_sign_is_an_error_and_so_is_a_model_that_is_not_there()
    {
        using ModelFolder model = new();
        Assert.Equal("BW1811", await ModelFolder.CodeAsync(() => model.ManifestAsync()));
        model.Write(".git/config", "g");
        Assert.Equal("BW1811", await ModelFolder.CodeAsync(() => model.ManifestAsync()));
        Assert.Equal("BW1809", await ModelFolder.CodeAsync(() => ModelManifest.FromPathAsync(model["none"], new(), null, CancellationToken.None)));
    }

    [Fact]
    public async Task One_file_is_signed_under_a_dot_and_is_no_folder()
    {
        using ModelFolder model = new(("w.onnx", "w"));
        ModelManifest manifest = await ModelManifest.FromPathAsync(model["w.onnx"], new(), null, CancellationToken.None);
        Assert.Equal(("w.onnx", "."), (manifest.Subject, manifest.Resources.Single().Name));
        byte[] bundle = await new ModelSigner(ModelFolder.Key).SignAsync(manifest, CancellationToken.None);
        await ModelVerifier.VerifyAsync(model["w.onnx"], bundle, ModelFolder.Trust, new(), null, CancellationToken.None);
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle)));
        byte[] folder = await model.SignAsync();
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(() =>
            ModelVerifier.VerifyAsync(model["w.onnx"], folder, ModelFolder.Trust, new(), null, CancellationToken.None)));
    }

    [Fact]
    public async Task A_model_moved_to_another_name_verifies_unless_its_name_is_demanded()
    {
        using ModelFolder model = new(("w", "w"));
        byte[] bundle = await model.SignAsync();
        await model.VerifyAsync(bundle, new() { ExpectedName = "model" });
        Directory.Move(model.Path, model.Beside("renamed"));
        await ModelVerifier.VerifyAsync(model.Beside("renamed") + "/", bundle, ModelFolder.Trust, new(), null, CancellationToken.None);
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(() => ModelVerifier.VerifyAsync(
            model.Beside("renamed"), bundle, ModelFolder.Trust, new() { ExpectedName = "renamed" }, null, CancellationToken.None)));
    }
}
