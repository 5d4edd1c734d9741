using Bulwark.Testing;

namespace Bulwark.Local.Tests;

/// <summary>A folder of one test, removed with what is in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("bulwark-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, params byte[] bytes)
    {
        string full = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
        return full;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            Shell.Run("rm", "-rf", Path); // .NET cannot name a file whose name is not UTF-8
        }
    }
}
