using Bulwark.Findings;

namespace Bulwark.Scanning.Containers;

/// <summary>The rules for archives and compressed files, BWS1101 to BWS1124.</summary>
internal static class ContainerRules
{
    /// <summary>A name that climbs.</summary>
    public static readonly ScanRule Traversal = new("BWS1101", Verdict.Malicious, Severity.Critical, "Member leads out of the folder",
        "Unpacking the archive writes a file outside the folder it is unpacked into, over whatever is there.",
        "AML.T0011", "CVE-2007-4559", "CVE-2024-5187", "CVE-2025-12060");

    /// <summary>A name from the root.</summary>
    public static readonly ScanRule AbsoluteName = new("BWS1102", Verdict.Malicious, Severity.Critical, "Member has an absolute path",
        "Unpacking the archive writes a file at a place of the archive's choice.",
        "AML.T0011", "CVE-2007-4559");

    /// <summary>A name that readers take in different ways.</summary>
    public static readonly ScanRule OddName = new("BWS1103", Verdict.Malformed, Severity.Medium, "Member has an ambiguous name",
        "A backslash, a NUL, a control character or broken UTF-8 in a name makes readers see different files.",
        "AML.T0010.003");

    /// <summary>Two members of one name.</summary>
    public static readonly ScanRule DuplicateName = new("BWS1104", Verdict.Malformed, Severity.High, "Two members have one name",
        "Some readers take the first member and some the last: a scanner may see the harmless one and the loader the other.",
        "AML.T0010.003", "CVE-2025-1944");

    /// <summary>Directory and local header disagree.</summary>
    public static readonly ScanRule HeaderMismatch = new("BWS1105", Verdict.Malformed, Severity.High, "Directory and member disagree",
        "The archive says two things about a member's name, method, flags or size; readers differ in which one they believe.",
        "AML.T0010.003", "CVE-2025-1944", "CVE-2025-1945");

    /// <summary>A checksum that does not fit.</summary>
    public static readonly ScanRule Checksum = new("BWS1106", Verdict.Malformed, Severity.Medium, "Member has a wrong checksum",
        "The content is not what the archive's checksum says; strict scanners stop there, while PyTorch loads it all the same.",
        "AML.T0010.003", "CVE-2025-10156");

    /// <summary>Encrypted, so nobody knows what it is.</summary>
    public static readonly ScanRule Encrypted = new("BWS1107", Verdict.Suspicious, Severity.Medium, "Encrypted member",
        "A member is encrypted and cannot be inspected; whoever has the password unpacks it unseen.",
        "AML.T0010.003");

    /// <summary>Flags that are not true or not known.</summary>
    public static readonly ScanRule FalseFlags = new("BWS1108", Verdict.Malformed, Severity.High, "Member has false flags",
        "A member is marked as encrypted or as patch data although it is not, which makes scanners pass over what PyTorch loads.",
        "AML.T0010.003", "CVE-2025-1945");

    /// <summary>A method that is not read here.</summary>
    public static readonly ScanRule OddMethod = new("BWS1109", Verdict.Suspicious, Severity.Medium, "Member cannot be decompressed here",
        "A member is compressed by a method that model files do not use, so its content was not inspected.",
        "AML.T0010.003");

    /// <summary>End record and directory.</summary>
    public static readonly ScanRule EndRecord = new("BWS1110", Verdict.Malformed, Severity.High, "Archive has an ambiguous end",
        "The end record is missing, comes twice or contradicts the directory, so that readers find different members in one file.",
        "AML.T0010.003");

    /// <summary>Bytes that belong to no member.</summary>
    public static readonly ScanRule UnclaimedBytes = new("BWS1111", Verdict.Malformed, Severity.High, "Bytes that belong to no member",
        "There is something before, between or behind the members, which other programs may read as a file of its own.",
        "AML.T0010.003");

    /// <summary>Members that share bytes.</summary>
    public static readonly ScanRule Overlap = new("BWS1112", Verdict.Malformed, Severity.High, "Members overlap",
        "Members share bytes, with which a small archive inflates to petabytes or one reader sees another file than the next.",
        "AML.T0029", "https://www.bamsoftware.com/hacks/zipbomb/");

    /// <summary>A bomb.</summary>
    public static readonly ScanRule Bomb = new("BWS1113", Verdict.Malformed, Severity.High, "Decompression bomb",
        "A few bytes inflate to more than a machine can hold.",
        "AML.T0029");

    /// <summary>Too much to look at.</summary>
    public static readonly ScanRule TooMany = new("BWS1114", Verdict.Malformed, Severity.Medium, "Too many members",
        "The archive has more members than the scanner is willing to follow, so some were not inspected.",
        "AML.T0029");

    /// <summary>A link that leads out.</summary>
    public static readonly ScanRule LinkOut = new("BWS1115", Verdict.Malicious, Severity.Critical, "Link leads out of the folder",
        "Unpacking the archive makes a link to a file outside the folder; the next member is written, or the next reader reads, through it.",
        "AML.T0011", "CVE-2007-4559", "CVE-2025-12060");

    /// <summary>A link.</summary>
    public static readonly ScanRule Link = new("BWS1116", Verdict.Suspicious, Severity.Medium, "Link in an archive",
        "A member is a link to another one; no model needs it, and links that are followed while unpacking lead anywhere.",
        "AML.T0010.003");

    /// <summary>A device.</summary>
    public static readonly ScanRule Device = new("BWS1117", Verdict.Malformed, Severity.High, "Device in an archive",
        "A member is a device, pipe or socket instead of a file.",
        "AML.T0010.003");

    /// <summary>A program among the members.</summary>
    public static readonly ScanRule Program = new("BWS1118", Verdict.Suspicious, Severity.High, "Program or script in an archive",
        "A member is a program or script; no loader of models needs it, and whoever unpacks the archive may run it.",
        "AML.T0011.000");

    /// <summary>Too many levels.</summary>
    public static readonly ScanRule TooDeep = new("BWS1119", Verdict.Malformed, Severity.Medium, "Archives nested too deep",
        "Archives lie inside each other deeper than any model needs; what is in the innermost was not inspected.",
        "AML.T0029");

    /// <summary>Data that does not decompress.</summary>
    public static readonly ScanRule BrokenData = new("BWS1120", Verdict.Malformed, Severity.Medium, "Compressed data is broken",
        "The content does not decompress, or not to what is declared; programs that go on regardless see something else.",
        "AML.T0010.003");

    /// <summary>A member that only some readers find.</summary>
    public static readonly ScanRule Unlisted = new("BWS1121", Verdict.Malformed, Severity.High, "Member is not in the directory",
        "A member lies in the archive that its directory does not list; readers that go front to back find it, others do not.",
        "AML.T0010.003");

    /// <summary>A broken archive of another kind.</summary>
    public static readonly ScanRule BrokenArchive = new("BWS1122", Verdict.Malformed, Severity.Medium, "Broken archive",
        "The headers of the archive are broken, so that programs disagree on what is in it.",
        "AML.T0010.003");

    /// <summary>Names that differ in case only.</summary>
    public static readonly ScanRule DuplicateCase = new("BWS1123", Verdict.Suspicious, Severity.Medium, "Names differ in case only",
        "On systems that ignore case one member overwrites the other.",
        "AML.T0010.003");

    /// <summary>A directory entry that cannot be.</summary>
    public static readonly ScanRule BadEntry = new("BWS1124", Verdict.Malformed, Severity.Medium, "Broken entry",
        "An entry of the directory is broken: a folder with content, or extra fields that lead nowhere.",
        "AML.T0010.003");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ScanRule> All { get; } =
    [
        Traversal, AbsoluteName, OddName, DuplicateName, HeaderMismatch, Checksum, Encrypted, FalseFlags, OddMethod, EndRecord, UnclaimedBytes, Overlap, Bomb,
        TooMany, LinkOut, Link, Device, Program, TooDeep, BrokenData, Unlisted, BrokenArchive, DuplicateCase, BadEntry,
    ];
}
