using System.ComponentModel;
using System.Diagnostics;

namespace Bulwark.Tests.Models.Compression;

/// <summary>Runs another program as a witness, where there is one.</summary>
internal static class ForeignProgram
{
    /// <summary>What the program writes to its output for an input; null where it is not installed.</summary>
    public static byte[]? Pipe(byte[] input, string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task feed = Task.Run(() =>
            {
                process.StandardInput.BaseStream.Write(input);
                process.StandardInput.Close();
            });
            using var output = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(output);
            feed.Wait();
            process.WaitForExit();
            return process.ExitCode == 0 ? output.ToArray() : throw new InvalidOperationException($"{program} failed: {process.StandardError.ReadToEnd()}");
        }
        catch (Win32Exception) when (Environment.GetEnvironmentVariable("BULWARK_REQUIRE_PROGRAMS") != "1")
        {
            return null;
        }
    }

    /// <summary>What a Python expression over <c>d</c>, the input, is; null where there is no Python.</summary>
    public static byte[]? Python(byte[] input, string expression) =>
        Pipe(input, "python3", "-c", $"import sys, lzma, bz2, zlib, gzip; d = sys.stdin.buffer.read(); sys.stdout.buffer.write({expression})");
}
