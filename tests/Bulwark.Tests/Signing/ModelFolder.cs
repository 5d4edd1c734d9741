using System.Diagnostics;

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

    public static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}");
    }

    public void Dispose() => Run("rm", "-rf", _parent);
}
