using System.Buffers.Binary;

namespace Bulwark.Scanning.Disguise;

/// <summary>Kinds of file that are no models.</summary>
internal enum ForeignKind
{
    Program,
    Script,
    Archive,
}

/// <summary>Recognises programs, scripts and archives by how they begin.</summary>
internal static class FileSignature
{
    private static readonly (byte[] Magic, ForeignKind Kind, string Name)[] Magics =
    [
        ("\u007FELF"u8.ToArray(), ForeignKind.Program, "an ELF program"),
        ([0xFE, 0xED, 0xFA, 0xCE], ForeignKind.Program, "a Mach-O program"),
        ([0xFE, 0xED, 0xFA, 0xCF], ForeignKind.Program, "a Mach-O program"),
        ([0xCE, 0xFA, 0xED, 0xFE], ForeignKind.Program, "a Mach-O program"),
        ([0xCF, 0xFA, 0xED, 0xFE], ForeignKind.Program, "a Mach-O program"),
        ([0xCA, 0xFE, 0xBA, 0xBE, 0], ForeignKind.Program, "a Mach-O or Java program"),
        ("\0asm"u8.ToArray(), ForeignKind.Program, "a WebAssembly program"),
        ("dex\n0"u8.ToArray(), ForeignKind.Program, "an Android program"),
        ([0x4C, 0, 0, 0, 1, 0x14, 2, 0], ForeignKind.Program, "a Windows shortcut"),
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], ForeignKind.Program, "an OLE document or installer"),
        ("Rar!\u001A\u0007"u8.ToArray(), ForeignKind.Archive, "a RAR archive"),
        ("MSCF\0\0\0\0"u8.ToArray(), ForeignKind.Archive, "a Windows cabinet"),
        ("xar!"u8.ToArray(), ForeignKind.Archive, "a XAR archive"),
        ("!<arch>\n"u8.ToArray(), ForeignKind.Archive, "a Unix archive or Debian package"),
    ];

    private static readonly string[] Scripts =
    [
        "#!", "<!DOCTYPE HTML", "<HTML", "<?PHP", "<SCRIPT", "<SVG", "<%", "@ECHO OFF", "IMPORT OS", "IMPORT SUBPROCESS", "IMPORT SYS", "IMPORT SOCKET", "IMPORT BASE64", "FROM OS IMPORT", "FROM SUBPROCESS IMPORT", "IMPORT CTYPES", "IMPORT PTY", "IMPORT URLLIB", "IMPORT SHUTIL", "IMPORT PICKLE", "EVAL(", "EXEC(", "SET-EXECUTIONPOLICY", "POWERSHELL",
    ];

    /// <summary>What a file is by its first bytes; null when they are of nothing foreign.</summary>
    /// <param name="head">Its first bytes; the more the better.</param>
    public static (ForeignKind Kind, string Name)? Of(ReadOnlySpan<byte> head)
    {
        foreach ((byte[] magic, ForeignKind kind, string name) in Magics)
        {
            if (head.StartsWith(magic))
                return (kind, name);
        }

        if (IsPortableExecutable(head))
            return (ForeignKind.Program, "a Windows program");
        ReadOnlySpan<byte> text = head.Length > 3 && head[0] == 0xEF && head[1] == 0xBB && head[2] == 0xBF ? head[3..] : head;
        text = SkipComments(text.TrimStart(" \t\r\n"u8));
        if (!head.Contains((byte)0) && (text.IndexOf("WScript.Shell"u8) >= 0 || text.IndexOf("ActiveXObject("u8) >= 0))
            return (ForeignKind.Script, "a script");
        foreach (string script in Scripts)
        {
            if (text.Length >= script.Length && System.Text.Ascii.EqualsIgnoreCase(text[..script.Length], script) && !head.Contains((byte)0))
                return (ForeignKind.Script, text[0] == '<' ? "a web page" : "a script");
        }

        return null;
    }

    /// <summary>What comes after the lines of comment that a script may begin with.</summary>
    private static ReadOnlySpan<byte> SkipComments(ReadOnlySpan<byte> text)
    {
        while (text is [(byte)'#', not (byte)'!', ..] && text.IndexOf((byte)'\n') is >= 0 and var end)
            text = text[(end + 1)..].TrimStart(" \t\r\n"u8);
        return text;
    }

    /// <summary>"MZ" alone is two bytes that any weights may begin with, so the header behind it must be there too.</summary>
    private static bool IsPortableExecutable(ReadOnlySpan<byte> head)
    {
        const int Pointer = 0x3C;
        if (!head.StartsWith("MZ"u8) || head.Length < Pointer + sizeof(int))
            return false;
        int at = BinaryPrimitives.ReadInt32LittleEndian(head[Pointer..]);
        return at >= 0 && at <= head.Length - 4 && head.Slice(at, 4).SequenceEqual("PE\0\0"u8);
    }
}
