using System.Text.Json.Serialization;

namespace Bulwark.State;

/// <summary>What the ledger keeps for one key.</summary>
/// <param name="Key">The key itself; the document's id is its digest.</param>
/// <param name="State">Where the work stands.</param>
/// <param name="Owner">The worker that wrote the record.</param>
/// <param name="LeaseEnds">End of a claim's lease.</param>
/// <param name="Result">Result of finished work.</param>
internal sealed record IdempotencyRecord(string Key, IdempotencyState State, string Owner, DateTimeOffset LeaseEnds, byte[]? Result);

/// <summary>Where a piece of work stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IdempotencyState>))]
internal enum IdempotencyState
{
    /// <summary>A worker has it until the lease ends.</summary>
    Claimed,

    /// <summary>It is done.</summary>
    Completed,

    /// <summary>A worker gave it back.</summary>
    Abandoned,
}

/// <summary>Reads and writes the record without reflection; nobody else writes it, so unknown fields are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IdempotencyRecord))]
internal sealed partial class IdempotencyJson : JsonSerializerContext;
