using Bulwark.Models;
using Bulwark.Scanning.Pickle;

namespace Bulwark.Scanning.Torch;

/// <summary>Turns the refusals of the mappers into findings.</summary>
internal static class TorchFaults
{
    /// <summary>Adds the finding, unless the scan of a pickle has said it already.</summary>
    public static void Report(ModelFormatException e, string path, ScanContext context)
    {
        ScanRule? rule = e.Code switch
        {
            "BW1432" => context.Findings.Any(f => f.Rule == PickleRules.PersistentPath) ? null : TorchRules.Structure,
            "BW1433" => TorchRules.Tensor,
            "BW1434" => TorchRules.TooLarge,
            "BW1435" => e.Message.Contains("'big'", StringComparison.Ordinal) ? TorchRules.BigEndian : TorchRules.ByteOrder,
            _ => null,
        };
        if (rule is not null)
            context.Add(rule, path, null, e.Message);
    }
}
