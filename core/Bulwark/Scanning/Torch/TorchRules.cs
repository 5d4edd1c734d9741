using Bulwark.Findings;

namespace Bulwark.Scanning.Torch;

/// <summary>The rules for PyTorch's files, BWS1201 to BWS1211.</summary>
internal static class TorchRules
{
    /// <summary>Parts that do not fit.</summary>
    public static readonly ScanRule Structure = new("BWS1201", Verdict.Malformed, Severity.High, "PyTorch file does not fit together",
        "A storage is missing or has another length than the file says; PyTorch does not check that and may read memory that is not the file's.",
        "AML.T0010.003");

    /// <summary>A tensor that leaves its storage.</summary>
    public static readonly ScanRule Tensor = new("BWS1202", Verdict.Malformed, Severity.High, "Tensor leaves its storage",
        "A tensor reaches beyond the bytes of its storage, or has an impossible shape.",
        "AML.T0010.003");

    /// <summary>A byte order that is none.</summary>
    public static readonly ScanRule ByteOrder = new("BWS1203", Verdict.Malformed, Severity.High, "Byte order is forged",
        "The file says that its bytes are in an order there is none of; a loader turns them round over the end of short storages.",
        "AML.T0010.003");

    /// <summary>Big-endian.</summary>
    public static readonly ScanRule BigEndian = new("BWS1204", Verdict.Suspicious, Severity.Low, "File is big-endian",
        "The file says that it comes from a big-endian machine, which hardly any model does; loaders turn its bytes round.",
        "AML.T0010.003");

    /// <summary>More than is followed.</summary>
    public static readonly ScanRule TooLarge = new("BWS1205", Verdict.Malformed, Severity.Medium, "Too many tensors",
        "The file has more tensors than the scanner is willing to follow.",
        "AML.T0029");

    /// <summary>torch.package asks for a dangerous module.</summary>
    public static readonly ScanRule DangerousExtern = new("BWS1206", Verdict.Malicious, Severity.Critical, "Package imports a dangerous module",
        "The package asks its importer for a module that runs programs or code, and its own code runs when it is loaded.",
        "AML.T0011.000");

    /// <summary>torch.package holds code.</summary>
    public static readonly ScanRule PackageCode = new("BWS1207", Verdict.Suspicious, Severity.Medium, "Package holds Python code",
        "torch.package runs the Python code in the file as soon as an object of it is loaded.",
        "AML.T0011.000");

    /// <summary>Code that does harm.</summary>
    public static readonly ScanRule DangerousCode = new("BWS1208", Verdict.Malicious, Severity.Critical, "Package code runs programs",
        "The Python code in the file imports or calls what runs programs, opens connections or decodes hidden code.",
        "AML.T0011.000");

    /// <summary>TorchScript calls an operator nobody knows.</summary>
    public static readonly ScanRule UnknownOperator = new("BWS1209", Verdict.Suspicious, Severity.Medium, "TorchScript needs a foreign library",
        "The compiled code calls an operator that PyTorch does not have, for which a native library must be loaded.",
        "AML.T0011.000");

    /// <summary>TorchScript touches files.</summary>
    public static readonly ScanRule FileOperator = new("BWS1210", Verdict.Malicious, Severity.High, "TorchScript reads or writes files",
        "The compiled code calls an operator that maps, reads or writes files of the machine that runs the model.",
        "AML.T0011.000");

    /// <summary>Something else in a storage.</summary>
    public static readonly ScanRule StorageContent = new("BWS1211", Verdict.Suspicious, Severity.High, "Storage holds a program or a pickle",
        "The bytes of a storage begin as a program or a pickle does: weights do not, and whoever knows of it takes it out again.",
        "AML.T0018.002");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ScanRule> All { get; } =
        [Structure, Tensor, ByteOrder, BigEndian, TooLarge, DangerousExtern, PackageCode, DangerousCode, UnknownOperator, FileOperator, StorageContent];
}
