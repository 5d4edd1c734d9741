using Bulwark.Models.Zip;

namespace Bulwark.Models.Torch;

/// <summary>The parts of an archive of PyTorch by their names.</summary>
/// <remarks>
/// PyTorch takes what stands before the first <c>/</c> of the first member's name for the root, and looks members up without regard to case:
/// caffe2/serialize/inline_container.cc. Members: spec 1.3, in the order of <see cref="TorchZipFile"/>.
/// </remarks>
internal sealed class TorchZipLayout
{
    private readonly ZipDirectory _directory;

    private TorchZipLayout(ZipDirectory directory, TorchZipKind kind, string root)
    {
        _directory = directory;
        Kind = kind;
        Root = root;
    }

    /// <summary>What the archive is.</summary>
    public TorchZipKind Kind { get; }

    /// <summary>The folder all members lie in, with its slash.</summary>
    public string Root { get; }

    /// <summary>Recognises an archive by the names of its members; <see cref="TorchZipKind.None"/> for any other archive.</summary>
    public static TorchZipLayout Of(ZipDirectory directory)
    {
        string root = "";
        foreach (ZipMember member in directory.Members)
        {
            int slash = member.Name.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
                continue;
            // The first member decides; a folder that holds data.pkl is looked for only where the first one does not.
            string folder = member.Name[..(slash + 1)];
            if (root.Length == 0 || Is(member.Name, folder, "data.pkl"))
                root = folder;
            if (Is(member.Name, folder, "data.pkl") || directory.Find(root + "data.pkl") is not null || directory.Find(root + ".data/extern_modules") is not null)
                break;
        }

        TorchZipKind kind = root.Length == 0 ? TorchZipKind.None
            : directory.Find(root + ".data/extern_modules") is not null ? TorchZipKind.Package
            : directory.Find(root + "data.pkl") is null ? TorchZipKind.None
            : directory.Find(root + "constants.pkl") is not null || directory.Members.Any(m => m.Name.StartsWith(root + "code/", StringComparison.OrdinalIgnoreCase)) ? TorchZipKind.Script
            : TorchZipKind.Checkpoint;
        return new TorchZipLayout(directory, kind, root);
    }

    /// <summary>A member below the root; null when there is none.</summary>
    public ZipMember? Find(string name) => _directory.Find(Root + name);

    /// <summary>The name below the root; null for members outside it.</summary>
    public string? NameOf(ZipMember member) => member.Name.StartsWith(Root, StringComparison.OrdinalIgnoreCase) ? member.Name[Root.Length..] : null;

    /// <summary>Whether a member holds the bytes of a storage.</summary>
    public bool IsStorage(ZipMember member) => NameOf(member) is { } name
        && (name.StartsWith("data/", StringComparison.OrdinalIgnoreCase)
            || (name.StartsWith("constants/", StringComparison.OrdinalIgnoreCase))
            || (Kind == TorchZipKind.Package && name.StartsWith(".data/", StringComparison.OrdinalIgnoreCase) && name.EndsWith(".storage", StringComparison.OrdinalIgnoreCase)));

    private static bool Is(string name, string folder, string file) =>
        name.Length == folder.Length + file.Length && name.EndsWith(file, StringComparison.OrdinalIgnoreCase);
}
