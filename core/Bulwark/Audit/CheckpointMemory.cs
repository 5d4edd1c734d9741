using System.Text;
using System.Text.Json;
using Bulwark.State;

namespace Bulwark.Audit;

/// <summary>
/// Remembers the last checkpoint seen, apart from the log, so that a rolled-back or replaced log is noticed.
/// The document is <c>{"checkpoint":"signed note"}</c> in the collection <c>audit-checkpoint</c> under the log's origin.
/// </summary>
internal sealed class CheckpointMemory(IStateStore? state, string origin, IReadOnlyList<NoteVerifierKey> keys)
{
    private const string Collection = "audit-checkpoint";

    /// <summary>The remembered checkpoint, verified; null when there is none.</summary>
    public async Task<Checkpoint?> RecallAsync(CancellationToken cancellationToken) =>
        state is not null && await state.GetAsync(Collection, origin, cancellationToken) is { } document ? Open(document) : null;

    /// <summary>Remembers a checkpoint unless a later one is remembered.</summary>
    public async Task RememberAsync(Checkpoint checkpoint, string note, CancellationToken cancellationToken)
    {
        if (state is null)
            return;
        while (true)
        {
            StateDocument? document = await state.GetAsync(Collection, origin, cancellationToken);
            if (document is not null && Open(document).Size >= checkpoint.Size)
                return;
            if (await state.TryPutAsync(Collection, origin, Encode(note), document?.Version ?? 0, cancellationToken) is not null)
                return;
        }
    }

    private static byte[] Encode(string note)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("checkpoint", note);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private Checkpoint Open(StateDocument document)
    {
        string? note;
        try
        {
            using JsonDocument json = JsonDocument.Parse(document.Content);
            note = json.RootElement.GetProperty("checkpoint").GetString();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw AuditException.MemoryMalformed("it is not the JSON that was agreed on", error);
        }

        try
        {
            return Checkpoint.Open($"remembered for {origin}", Encoding.UTF8.GetBytes(note ?? ""), origin, keys);
        }
        catch (AuditException error)
        {
            throw AuditException.MemoryMalformed(error.Message, error);
        }
    }
}
