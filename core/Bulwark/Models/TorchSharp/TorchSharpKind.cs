namespace Bulwark.Models.TorchSharp;

/// <summary>What TorchSharp wrote.</summary>
internal enum TorchSharpKind
{
    /// <summary>The parameters of a module, by name.</summary>
    StateDict,

    /// <summary>One tensor without a name.</summary>
    Tensor,

    /// <summary>The state of an optimiser; its inside is not mapped.</summary>
    Optimizer,
}
