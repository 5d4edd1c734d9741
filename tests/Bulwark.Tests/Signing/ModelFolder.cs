using Bulwark.Keys;
using Bulwark.Signing;
using Bulwark.Testing;

namespace Bulwark.Tests.Signing;

/// <summary>A small model on disk, for one test.</summary>
internal sealed class ModelFolder : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("bulwark-signing-").FullName;

    public ModelFolder(params (string Name, string Text)[] files)
    {
        Directory.CreateDirectory(Path);
        foreach ((string name, string text) in files)
            Write(name, text);
    }

    public static PemSigningKey Key { get; } = PemSigningKey.Generate();

    public static SigningTrust Trust { get; } = SigningTrust.Of(VerificationKey.FromPem(Key.PublicKeyPem));

    public string Path => System.IO.Path.Combine(_parent, "model");

    /// <summary>A path beside the model.</summary>
    public string Beside(string name) => System.IO.Path.Combine(_parent, name);

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public Task<ModelManifest> ManifestAsync(ManifestOptions? options = null) =>
        ModelManifest.FromPathAsync(Path, options ?? new(), null, CancellationToken.None);

    public async Task<byte[]> SignAsync(ManifestOptions? options = null) =>
        await new ModelSigner(Key).SignAsync(await ManifestAsync(options), CancellationToken.None);

    public Task<VerifiedModel> VerifyAsync(byte[] bundle, VerificationOptions? options = null) =>
        ModelVerifier.VerifyAsync(Path, bundle, Trust, options ?? new(), null, CancellationToken.None);

    /// <summary>The code of the error that it must end in.</summary>
    public static async Task<string> CodeAsync(Func<Task> action) => (await Assert.ThrowsAnyAsync<BulwarkException>(action)).Code;

    public void Dispose() => Shell.Run("rm", "-rf", _parent);
}
