using System.CommandLine;
using System.Globalization;
using Bulwark.Protection;

namespace Bulwark.Functions.Local.Commands;

/// <summary>What is to be written into the weights, as <c>protect</c> and <c>watermark embed</c> take it.</summary>
internal sealed class WatermarkOptions
{
    /// <summary>The owner.</summary>
    public Option<uint> Owner { get; } = new("--owner") { Description = "Owner number in the watermark, 0 to 4294967295.", HelpName = "N" };

    /// <summary>The model.</summary>
    public Option<string?> ModelId { get; } = new("--model-id")
    {
        Description = "Model id in the watermark; the file's name by default. Up to 7 bytes are written as text, longer ones as a digest.",
        HelpName = "TEXT",
    };

    /// <summary>The strength.</summary>
    public Option<string?> Budget { get; } = new("--watermark-budget")
    {
        Description = "Relative change of the weights, such as 0.01 or 1%; by the model's size if left out.",
        HelpName = "SHARE",
    };

    /// <summary>The seal.</summary>
    public Option<bool> Seal { get; } = new("--seal") { Description = "Also seal the weights' lowest bits, so that later changes can be located." };

    /// <summary>Reads them.</summary>
    public WatermarkSettings Read(ParseResult parsed) => new()
    {
        OwnerId = parsed.GetValue(Owner),
        ModelId = parsed.GetValue(ModelId),
        Budget = parsed.GetValue(Budget) is { } text ? Share(text) : null,
        Seal = parsed.GetValue(Seal),
    };

    private static double Share(string text)
    {
        bool percent = text.EndsWith('%');
        return double.TryParse(percent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? percent ? value / 100 : value
            : throw UsageException.BadOption("--watermark-budget", $"'{text}' is not a share", "Give a fraction such as 0.01, or a percentage such as 1%.");
    }
}
