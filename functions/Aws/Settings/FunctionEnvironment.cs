using System.Globalization;
using Bulwark.Aws;
using Bulwark.Protection;
using Microsoft.Extensions.Logging;

namespace Bulwark.Functions.Aws.Settings;

/// <summary>Reads settings from environment variables: those of <see cref="AwsSettings"/>, and these, all optional.</summary>
/// <remarks>
/// <code>
/// BULWARK_UPLOAD_BUCKET       the only bucket that models are taken from; any when it is not set
/// BULWARK_OWNER               owner's number in watermarks, 0 to 4294967295
/// BULWARK_MODEL_ID            model id in watermarks; the object's name when it is not set
/// BULWARK_ALLOW_SUSPICIOUS    'true' protects what the scanner finds suspicious
/// BULWARK_DELETE_SOURCE       'true' deletes the plaintext once its protected form opens
/// BULWARK_HANDOVER_BYTES      models of more bytes go to a Batch job
/// BULWARK_BATCH_QUEUE         name or ARN of the job queue; with it:
/// BULWARK_BATCH_DEFINITION    name or ARN of the job definition
/// BULWARK_DEADLINE_MARGIN_MS  how long before its time-out a function stops itself
/// BULWARK_BATCH_PARALLELISM   messages of a batch that are worked on at once
/// BULWARK_LOG_LEVEL           trace, debug, information, warning, error
/// BULWARK_METRICS_NAMESPACE   CloudWatch namespace; 'Bulwark' when it is not set
/// </code>
/// </remarks>
/// <param name="variable">Finds a variable.</param>
internal sealed class FunctionEnvironment(Func<string, string?> variable)
{
    private const int MostParallel = 64;

    /// <summary>Where Bulwark's parts are.</summary>
    /// <exception cref="AwsException">BW2301, BW2302.</exception>
    public AwsSettings Aws() => AwsSettings.FromEnvironment(variable);

    /// <summary>What the operator decides about the functions.</summary>
    /// <exception cref="FunctionException">BW2207.</exception>
    public FunctionSettings Functions()
    {
        FunctionSettings standard = new();
        return standard with
        {
            Protection = new ProtectionOptions
            {
                Watermark = new WatermarkSettings
                {
                    OwnerId = (uint)(Number("BULWARK_OWNER", uint.MaxValue) ?? 0),
                    ModelId = Optional("BULWARK_MODEL_ID"),
                },
                PostQuantum = Optional("BULWARK_POST_QUANTUM_KEY") is not null,
                AllowSuspicious = Flag("BULWARK_ALLOW_SUSPICIOUS"),
                DeleteSource = Flag("BULWARK_DELETE_SOURCE"),
            },
            HandOverBytes = Number("BULWARK_HANDOVER_BYTES", long.MaxValue) ?? standard.HandOverBytes,
            DeadlineMargin = Number("BULWARK_DEADLINE_MARGIN_MS", 900_000) is { } margin ? TimeSpan.FromMilliseconds(margin) : null,
            BatchParallelism = (int)(Number("BULWARK_BATCH_PARALLELISM", MostParallel) ?? standard.BatchParallelism),
        };
    }

    /// <summary>Queue and definition of the jobs for large models; null where there is no queue.</summary>
    /// <exception cref="FunctionException">BW2207.</exception>
    public (string Queue, string Definition)? Jobs() =>
        Optional("BULWARK_BATCH_QUEUE") is { } queue ? (queue, Required("BULWARK_BATCH_DEFINITION")) : null;

    /// <summary>The lowest level that is logged.</summary>
    /// <exception cref="FunctionException">BW2207.</exception>
    public LogLevel LogLevel() => Optional("BULWARK_LOG_LEVEL") switch
    {
        null => Microsoft.Extensions.Logging.LogLevel.Information,
        { } text when text.All(char.IsAsciiLetter) && Enum.TryParse(text, ignoreCase: true, out LogLevel level) => level,
        _ => throw FunctionException.BadSetting("BULWARK_LOG_LEVEL", "it is not the name of a level"),
    };

    /// <summary>The namespace of the metrics.</summary>
    public string MetricsNamespace() => Optional("BULWARK_METRICS_NAMESPACE") ?? "Bulwark";

    /// <summary>A variable that may be missing.</summary>
    public string? Optional(string name) => variable(name) is { Length: > 0 } value ? value : null;

    /// <summary>A variable that must be there.</summary>
    /// <exception cref="FunctionException">BW2207.</exception>
    public string Required(string name) => Optional(name) ?? throw FunctionException.BadSetting(name, "it is not set");

    private bool Flag(string name) => Optional(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw FunctionException.BadSetting(name, "it is neither 'true' nor 'false'"),
    };

    private long? Number(string name, long highest)
    {
        if (Optional(name) is not { } text)
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= highest
            ? number
            : throw FunctionException.BadSetting(name, $"it is not a whole number from 0 to {highest}");
    }
}
