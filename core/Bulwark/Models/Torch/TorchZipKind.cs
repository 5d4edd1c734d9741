namespace Bulwark.Models.Torch;

/// <summary>What an archive of PyTorch is.</summary>
internal enum TorchZipKind
{
    /// <summary>None of them.</summary>
    None,

    /// <summary>What torch.save writes.</summary>
    Checkpoint,

    /// <summary>What torch.jit.save writes.</summary>
    Script,

    /// <summary>What torch.package writes.</summary>
    Package,
}
