using System.Text;
using System.Text.Json;

namespace Bulwark.CloudDoubles.Lambda;

/// <summary>What became of an invocation.</summary>
/// <param name="RequestId">Its id.</param>
/// <param name="Body">The answer's bytes; of a streamed one everything that arrived.</param>
/// <param name="Error">The error that was reported, as JSON; null when there was none.</param>
/// <param name="ErrorType">The error's type, from the header or the trailer.</param>
/// <param name="Streamed">Whether the answer was streamed.</param>
/// <param name="ContentType">The answer's media type.</param>
/// <param name="Chunks">Reads in which a streamed answer arrived.</param>
public sealed record LambdaCall(
    string RequestId, byte[] Body, JsonElement? Error, string? ErrorType, bool Streamed, string? ContentType, int Chunks)
{
    private const int Separator = 8;

    /// <summary>The answer as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The error's sentence.</summary>
    public string ErrorMessage => Error?.GetProperty("errorMessage").GetString() ?? "";

    /// <summary>Status and headers of a streamed answer to a request, and its body, as Lambda takes them apart.</summary>
    public (JsonElement Prelude, byte[] Payload) Integration()
    {
        int zero = Body.AsSpan().IndexOf(new byte[Separator]);
        return zero < 0
            ? throw new InvalidOperationException($"No prelude: {Encoding.UTF8.GetString(Body)}")
            : (JsonDocument.Parse(Body.AsMemory(0, zero)).RootElement, Body[(zero + Separator)..]);
    }
}
