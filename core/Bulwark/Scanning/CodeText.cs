using System.Buffers;

namespace Bulwark.Scanning;

/// <summary>Recognises program text, shell commands and encoded files in values where only names, numbers and prose belong.</summary>
internal static class CodeText
{
    private const int ShortestBlob = 16;
    private const int LongestBlob = 16 << 20;

    /// <summary>Text that occurs in code and hardly ever in prose; a call is meant where the text ends with a bracket.</summary>
    private static readonly string[] Python =
    [
        "__import__(", "os.system(", "os.popen(", "subprocess.call(", "subprocess.run(", "subprocess.Popen(", "subprocess.check_output(", "subprocess.check_call(", "subprocess.getoutput(",
        "import os;", "import subprocess;", "import sys;", "import socket;", "import pty;", "import base64;", "import ctypes;", "pty.spawn(", "socket.socket(", "base64.b64decode(",
        "import os\n", "import subprocess\n", "import socket\n", "from os import ", "from subprocess import ", "from ctypes import ", "ctypes.windll", "ctypes.cdll", "socket.connect(", "open('/etc/", "open(\"/etc/",
        "pickle.loads(", "pickle.load(", "marshal.loads(", "runpy.run_", "webbrowser.open(", "shutil.rmtree(", "os.remove(", "os.exec", "os.spawn", "os.fork(", "__builtins__", "__globals__", "__subclasses__", "importlib.import_module(", "urllib.request.urlopen(", "ctypes.CDLL(", "builtins.exec", "builtins.eval",
    ];

    /// <summary>The same, when no letter or dot stands before it.</summary>
    private static readonly string[] PythonCalls = ["eval(", "exec(", "execfile("];

    private static readonly string[] Shell =
    [
        "rm -rf /", "rm -rf *", "rm -rf ~", "rm -rf .", "| sh", "|sh", "| bash", "|bash", "| python", "/bin/sh -", "bash -c", "bash -i", "sh -c ", "/dev/tcp/", "nc -e", "ncat -e", "chmod +x", "chmod 777",
        "powershell -", "powershell.exe", "cmd.exe", "cmd /c", "certutil -", "mshta ", "regsvr32", "&& wget ", "&& curl ", "; wget ", "; curl ", "$(curl", "$(wget", "`curl", "`wget", "| base64 -d",
        "python -c ", "python3 -c ", "perl -e ", "ruby -e ", "/bin/sh", "/bin/bash", "-e /bin/", "nohup ", "crontab -", "/etc/shadow", "authorized_keys",
    ];

    private static readonly string[] Markup = ["<script", "javascript:", "<iframe", "onerror="];

    /// <summary>How base64 of files and code begins: pickles of protocol 2 to 5 and of protocol 0, PE, ELF, zip, gzip, bzip2, xz, 7z, and Python.</summary>
    private static readonly string[] Blobs =
    [
        "gAJ", "gAN", "gASV", "gAWV", "gARj", "gASM", "gAR9", "gARd", "Y3Bvc2l4", "Y29zCn", "Y19fYnVpbHRpbl9f", "Y2J1aWx0aW5z", "Y3N1YnByb2Nlc3", "TVqQ", "TVpQ", "f0VMR", "UEsDB", "H4sIA", "QlpoO", "/Td6WFo", "N3q8ry",
        "aW1wb3J0I", "ZXhlYyg", "ZXZhbC", "X19pbXBvcnRfXy", "IyEv",
    ];

    private static readonly SearchValues<char> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\r\n");

    /// <summary>What the text holds, in a few words; null when it is nothing but text.</summary>
    public static string? Find(string text)
    {
        foreach (string code in Python)
        {
            if (text.Contains(code, StringComparison.Ordinal))
                return $"Python code ({code})";
        }

        foreach (string call in PythonCalls)
        {
            for (int at = text.IndexOf(call, StringComparison.Ordinal); at >= 0; at = text.IndexOf(call, at + 1, StringComparison.Ordinal))
            {
                if (at == 0 || !(char.IsLetterOrDigit(text[at - 1]) || text[at - 1] is '_' or '.'))
                    return $"Python code ({call})";
            }
        }

        if (text.StartsWith("#!/", StringComparison.Ordinal))
            return "a script";
        foreach (string command in Shell)
        {
            if (text.Contains(command, StringComparison.OrdinalIgnoreCase))
                return $"a shell command ({command.Trim()})";
        }

        foreach (string markup in Markup)
        {
            if (text.Contains(markup, StringComparison.OrdinalIgnoreCase))
                return $"script for a browser ({markup})";
        }

        return FindBlob(text) is { } blob ? $"an encoded file or program ({text.Substring(blob.Start, Math.Min(12, blob.Length))}...)" : null;
    }

    /// <summary>The bytes behind base64 that begins like a file or code; null when there is none.</summary>
    public static byte[]? DecodeBlob(string text)
    {
        if (FindBlob(text) is not var (start, length))
            return null;
        // Padding may be missing, and line ends are ignored; what does not decode at its end is cut off.
        string clean = text.Substring(start, Math.Min(length, LongestBlob)).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal)
            .Replace('-', '+').Replace('_', '/').TrimEnd('=');
        clean = clean[..(clean.Length / 4 * 4)] + (clean.Length % 4) switch { 2 => clean[^2..] + "==", 3 => clean[^3..] + "=", _ => "" };
        byte[] bytes = new byte[clean.Length / 4 * 3];
        return Convert.TryFromBase64String(clean, bytes, out int written) ? bytes[..written] : null;
    }

    /// <summary>Where base64 of a file or of code stands; null when there is none.</summary>
    public static (int Start, int Length)? FindBlob(string text)
    {
        foreach (string begin in Blobs)
        {
            for (int at = text.IndexOf(begin, StringComparison.Ordinal); at >= 0; at = text.IndexOf(begin, at + 1, StringComparison.Ordinal))
            {
                if (at > 0 && char.IsAsciiLetterOrDigit(text[at - 1]))
                    continue;
                int length = text.AsSpan(at).IndexOfAnyExcept(Base64);
                length = length < 0 ? text.Length - at : length;
                if (length >= ShortestBlob)
                    return (at, length);
            }
        }

        return null;
    }
}
