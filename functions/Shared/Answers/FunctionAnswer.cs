using System.Text.Json.Serialization;

namespace Bulwark.Functions.Answers;

/// <summary>What a function answers. Failures are exceptions, so that a platform tries again; an answer ends the matter.</summary>
public abstract record FunctionAnswer : IAsyncDisposable
{
    /// <summary>What became of the work, in one lower-case word or two with a hyphen.</summary>
    public abstract string Outcome { get; }

    /// <summary>Bytes of models that went through; 0 where none did.</summary>
    [JsonIgnore]
    public virtual long Bytes => 0;

    /// <summary>The answer as UTF-8 JSON.</summary>
    public abstract byte[] ToJson();

    /// <summary>Lets go of what the answer still held open.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
