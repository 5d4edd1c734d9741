using System.Text;
using Bulwark.Signing;
using Bulwark.Testing;

namespace Bulwark.Tests.Signing;

/// <summary>Folders that someone prepared: links, pipes, devices, names that are none, and files that change under the reader.</summary>
public sealed class HostileFolderTests
{
    [Fact]
    public async Task A_link_is_refused_unless_links_are_allowed_and_then_followed_inside_the_model_only()
    {
        using ModelFolder model = new(("w", "w"), ("sub/v", "v"));
        File.CreateSymbolicLink(model["inside"], "sub/v");
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.ManifestAsync()));
        byte[] bundle = await model.SignAsync(new() { AllowSymlinks = true });
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle)));
        VerifiedModel verified = await model.VerifyAsync(bundle, new() { AllowSymlinks = true });
        Assert.Equal(["inside", "sub/v", "w"], verified.Manifest.Resources.Select(r => r.Name));
        Assert.True(verified.Manifest.Serialization.AllowSymlinks);

        // Its target changes: so does what it stands for.
        File.WriteAllText(model["sub/v"], "x");
        Assert.Equal("BW1803", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle, new() { AllowSymlinks = true })));
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("sub/../../outside")]
    [InlineData("sub")]
    [InlineData("loop")]
    [InlineData("/dev/zero")]
    [InlineData("out/outside")]
    public async Task A_link_to_nothing_to_a_folder_to_itself_or_out_of_the_model_is_refused(string target)
    {
        using ModelFolder model = new(("w", "w"), ("sub/v", "v"));
        File.WriteAllText(model.Beside("outside"), "o");
        ManifestOptions options = new() { AllowSymlinks = true };
        if (target.StartsWith("out/", StringComparison.Ordinal))
        {
            // Through a folder link that is ignored itself.
            File.CreateSymbolicLink(model["out"], "..");
            options = options with { IgnorePaths = ["out"] };
        }

        File.CreateSymbolicLink(model["loop"], target);
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.ManifestAsync(options)));
        File.Delete(model["loop"]);
        byte[] bundle = await model.SignAsync(options);
        File.CreateSymbolicLink(model["loop"], target);
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle, new() { AllowSymlinks = true })));
    }

    [Fact]
    public async Task Pipes_sockets_and_devices_are_refused_without_being_opened()
    {
        using ModelFolder model = new(("w", "w"));
        byte[] bundle = await model.SignAsync();
        Shell.Run("mkfifo", model["pipe"]);
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.ManifestAsync()));
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle)));
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => ModelManifest.FromPathAsync(model["pipe"], new(), null, CancellationToken.None)));
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => ModelManifest.FromPathAsync("/dev/zero", new(), null, CancellationToken.None)));
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => ModelVerifier.VerifyAsync(
            model.Path, model["pipe"], ModelFolder.Trust, new(), null, CancellationToken.None)));
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => ModelVerifier.VerifyAsync(
            model.Path, "/dev/zero", ModelFolder.Trust, new(), null, CancellationToken.None)));

        // What nobody covers may be anything, as long as it is not touched.
        Directory.CreateDirectory(model[".git"]);
        File.Move(model["pipe"], model[".git/pipe"]);
        Assert.Equal([".git/pipe"], (await model.VerifyAsync(bundle)).Uncovered.Select(u => u.Name));
        await model.SignAsync();
    }

    [Fact]
    public async Task A_file_of_the_kernel_that_says_it_is_empty_is_no_signature_and_no_model()
    {
        using ModelFolder model = new(("w", "w"));
        Assert.Equal("BW1810", await ModelFolder.CodeAsync(() => ModelVerifier.VerifyAsync(
            model.Path, "/proc/cpuinfo", ModelFolder.Trust, new(), null, CancellationToken.None)));
        Assert.Equal("BW1810", await ModelFolder.CodeAsync(() => ModelManifest.FromPathAsync("/proc/cpuinfo", new(), null, CancellationToken.None)));
    }

    [Fact]
    public async Task A_folder_whose_name_is_no_utf_8_cannot_hide_behind_one_that_looks_like_it()
    {
        using ModelFolder model = new(("w", "w"));
        byte[] bundle = await model.SignAsync();
        Shell.Run("sh", "-c", "mkdir \"$1/$(printf '\\377')\" && echo evil > \"$1/$(printf '\\377')/evil.py\"", "sh", model.Path);
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle)));
        Directory.CreateDirectory(model["\ufffd"]);
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle)));
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => model.ManifestAsync()));
        Assert.NotEmpty((await model.VerifyAsync(bundle, new() { IgnoreUnsignedFiles = true })).Uncovered);
    }

    [Fact]
    public async Task Very_deep_folders_are_walked_and_those_too_deep_for_the_system_are_an_error()
    {
        using ModelFolder model = new();
        model.Write(string.Join('/', Enumerable.Repeat("d", 1500)) + "/w", "w");
        await model.VerifyAsync(await model.SignAsync());
        Shell.Run("sh", "-c", "cd \"$1\"; n=$(printf 'n%.0s' $(seq 200)); for i in $(seq 30); do mkdir $n && cd -P $n || exit 1; done; echo x > x", "sh", model.Path);
        Assert.Equal("BW1809", await ModelFolder.CodeAsync(() => model.ManifestAsync()));
    }

    [Fact]
    public async Task A_file_that_is_written_to_or_exchanged_after_it_was_found_is_an_error_and_no_digest()
    {
        using ModelFolder model = new(("w", "first"), ("other", "first"));
        ModelTree tree = ModelTree.Locate(model.Path, allowLinks: false, boundary: null);
        ModelEntry[] Found() => [.. tree.Walk(new IgnoredPaths(["other"]), CancellationToken.None)];
        Task Hash(ModelEntry[] files) => FileHasher.HashAsync([.. files.Select(HashRange.Whole)], "sha256", null, CancellationToken.None);

        ModelEntry[] seen = Found();
        await Hash(seen);
        File.WriteAllText(model["w"], "other");
        Assert.Equal("BW1810", await ModelFolder.CodeAsync(() => Hash(seen)));

        seen = Found();
        File.Move(model["w"], model["moved"]);
        File.CreateSymbolicLink(model["w"], "moved");
        Assert.Equal("BW1809", await ModelFolder.CodeAsync(() => Hash(seen)));
        File.Delete(model["w"]);
        File.Move(model["other"], model["w"]);
        Assert.Equal("BW1810", await ModelFolder.CodeAsync(() => Hash(seen)));
    }

    [Theory]
    [InlineData("line\nbreak")]
    [InlineData("tab\t\"quote\" \\ back")]
    [InlineData("a:0:5")]
    [InlineData("-rf")]
    [InlineData("a b ")]
    [InlineData("e\u0301")]
    [InlineData("\u202eevil")]
    [InlineData("</script>")]
    public async Task An_odd_name_is_signed_and_found_again(string name)
    {
        using ModelFolder model = new((name, "x"), ("\u00e9", "other"));
        VerifiedModel verified = await model.VerifyAsync(await model.SignAsync());
        Assert.Contains(name, verified.Manifest.Resources.Select(r => r.Name));
        Assert.DoesNotContain("\ufffd", Encoding.UTF8.GetString(await model.SignAsync()), StringComparison.Ordinal);
    }
}
