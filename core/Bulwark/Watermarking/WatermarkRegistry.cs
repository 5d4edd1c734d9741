using System.Text.Json;
using System.Text.Json.Serialization;
using Bulwark.State;

namespace Bulwark.Watermarking;

/// <summary>A payload that was written into a model.</summary>
/// <param name="KeyId">The key it was written under.</param>
/// <param name="Payload">Its 16 bytes in lower-case hexadecimal.</param>
/// <param name="OwnerId">The owner it names.</param>
/// <param name="ModelId">The model id in full, also where the payload carries only a digest of it.</param>
/// <param name="Model">Name of the file it was first written into.</param>
/// <param name="IssuedAt">When.</param>
public sealed record IssuedWatermark(string KeyId, string Payload, uint OwnerId, string ModelId, string Model, DateTimeOffset IssuedAt);

/// <summary>
/// The payloads an owner has issued. Whoever reads a mark looks here first: one of a million known payloads needs a score of 9,
/// an unknown one nearly 14.
/// </summary>
public sealed class WatermarkRegistry(IStateStore state)
{
    private const string Collection = "watermarks";

    /// <summary>Records a payload before it is written into a model; a second time changes nothing.</summary>
    /// <exception cref="StateException">The state cannot be written.</exception>
    public async Task RecordAsync(IssuedWatermark issued, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(issued);
        await state.TryPutAsync(
            Collection,
            $"{issued.KeyId}/{issued.Payload}",
            JsonSerializer.SerializeToUtf8Bytes(issued, WatermarkRegistryJson.Default.IssuedWatermark),
            expectedVersion: 0,
            cancellationToken);
    }

    /// <summary>Every payload issued under a key.</summary>
    /// <exception cref="WatermarkException">A record cannot be read, or its payload is not one of the key's (BW1606).</exception>
    public async Task<IReadOnlyDictionary<WatermarkPayload, IssuedWatermark>> ListAsync(WatermarkKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        Dictionary<WatermarkPayload, IssuedWatermark> issued = [];
        await foreach (StateDocument document in state.ListAsync(Collection, $"{key.Id}/", cancellationToken).ConfigureAwait(false))
        {
            try
            {
                IssuedWatermark record = JsonSerializer.Deserialize(document.Content.Span, WatermarkRegistryJson.Default.IssuedWatermark)!;
                WatermarkPayload payload = WatermarkPayload.Authenticate(key, Convert.FromHexString(record.Payload)) ?? throw new FormatException();
                issued[payload] = record;
            }
            catch (Exception error) when (error is JsonException or FormatException)
            {
                throw WatermarkException.BadRegistry(document.Id);
            }
        }

        return issued;
    }
}

/// <summary>JSON shape of the registry.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(IssuedWatermark))]
internal sealed partial class WatermarkRegistryJson : JsonSerializerContext;
