using System.Globalization;

namespace Bulwark.Watermarking;

/// <summary>A watermark cannot be made or read as asked. Codes BW1601 to BW1699.</summary>
public sealed class WatermarkException : BulwarkException
{
    private WatermarkException(string code, ErrorKind kind, string message, string remedy)
        : base(code, kind, message, remedy)
    {
    }

    /// <summary>BW1601: the master key is too short to carry 256 bits.</summary>
    public static WatermarkException MasterTooShort(int length) =>
        new("BW1601", ErrorKind.Fault, Text($"The watermark master key has {length} bytes; at least {WatermarkKey.MinimumMasterLength} are needed."),
            "Use a master key of 32 random bytes; 'bulwark keys list' shows those on the ring.");

    /// <summary>BW1602: the budget is outside what a model can bear.</summary>
    public static WatermarkException BadBudget(double budget) =>
        new("BW1602", ErrorKind.Fault, Text($"The watermark budget {budget} is outside {WatermarkPlan.MinimumBudget} to {WatermarkPlan.MaximumBudget} (a relative change of the weights)."),
            "Leave the budget out for the default, or give a fraction such as 0.01 for one percent.");

    /// <summary>BW1603: there are too few weights to carry a mark.</summary>
    public static WatermarkException TooFewWeights(long elements) =>
        new("BW1603", ErrorKind.Refused, Text($"The model has {elements} markable weights; a watermark needs at least {Watermarker.MinimumElements}."),
            "Protect small models by their signature, exact fingerprint and fragile seal instead (--no-watermark --seal).");

    /// <summary>BW1604: the format cannot be marked in place.</summary>
    public static WatermarkException NotMarkable(string file, string format, string why) =>
        new("BW1604", ErrorKind.Refused, $"{file} is {(format == "opaque" ? "of no known model format" : $"of the format {format}")} and cannot be marked: {why}.",
            "Convert the model to safetensors, or protect it without a watermark (--no-watermark).");

    /// <summary>BW1605: a payload field does not fit.</summary>
    public static WatermarkException BadPayload(string why) =>
        new("BW1605", ErrorKind.Fault, $"The watermark payload is not valid: {why}.", "Give an owner from 0 to 4294967295 and a model id of at least one character.");

    /// <summary>BW1606: the registry of issued payloads holds something else.</summary>
    public static WatermarkException BadRegistry(string id) =>
        new("BW1606", ErrorKind.Fault, $"The registry's record {id} is not a payload that was issued under that key.", "Restore the state database from backup; the payloads also stand in the signed watermark claims.");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
