namespace Bulwark.Functions.Answers;

/// <summary>An answer to a request. A body that comes from a writer is sent as it is made, and is never in memory as a whole.</summary>
public sealed record HttpResponse : FunctionAnswer
{
    /// <summary>The status.</summary>
    public required int Status { get; init; }

    /// <summary>Headers by lower-case name.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The body, where it is small and known.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>Writes the body instead. What it throws after its first byte must reach the client as a broken answer.</summary>
    public Func<Stream, CancellationToken, Task>? Body { get; init; }

    /// <summary>What the writer reads from; let go of after it, or when it is never called.</summary>
    public IAsyncDisposable? Source { get; init; }

    /// <summary>Bytes that the writer writes.</summary>
    public long Length { get; init; }

    /// <inheritdoc />
    public override string Outcome => Status < 400 ? "answered" : "refused";

    /// <inheritdoc />
    public override long Bytes => Body is null ? 0 : Length;

    /// <summary>An answer of JSON.</summary>
    public static HttpResponse Json(int status, byte[] content) => new()
    {
        Status = status,
        Content = content,
        Headers = new Dictionary<string, string>
        {
            ["content-type"] = "application/json",
            ["cache-control"] = "no-store",
            ["x-content-type-options"] = "nosniff",
        },
    };

    /// <summary>An answer that says why not.</summary>
    public static HttpResponse Refusal(int status, BulwarkException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return Json(status, ErrorDocument.Of(error).ToJson());
    }

    /// <inheritdoc />
    public override byte[] ToJson() => Content;

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        if (Source is not null)
            await Source.DisposeAsync();
        await base.DisposeAsync();
    }
}
