using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Bulwark.Functions.Logging;

/// <summary>
/// Writes each entry as one line of JSON, at once and whole: a serverless sandbox is frozen the moment its answer is out, and what a
/// background queue still held would come with the next invocation, or never. Fields of open scopes become fields of the line.
/// </summary>
/// <remarks>
/// <code>
/// {"time":…,"level":"information","event":"Superseded","message":…,FIELDS OF THE ENTRY,FIELDS OF THE SCOPES,"error":{"code","type","message","remedy","cause"}}
/// </code>
/// What an entry holds is text and numbers that were made for it; objects are written by their <c>ToString</c>, and secrets have none.
/// </remarks>
/// <param name="output">Where lines go.</param>
/// <param name="clock">Stamps them.</param>
/// <param name="lowest">Entries below this level are dropped.</param>
/// <param name="extend">Adds members to the line of a state, where a platform reads more out of a log; null for none.</param>
public sealed class JsonLineLogger(Stream output, TimeProvider clock, LogLevel lowest = LogLevel.Information, Action<Utf8JsonWriter, object>? extend = null) : ILogger
{
    private const string Template = "{OriginalFormat}";

    // Lines are read by people, too; nothing here ends up in a web page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _turn = new();
    private readonly AsyncLocal<Scope?> _scope = new();

    /// <inheritdoc />
    public IDisposable BeginScope<TState>(TState state)
        where TState : notnull => _scope.Value = new Scope(this, state, _scope.Value);

    /// <inheritdoc />
    public bool IsEnabled(LogLevel logLevel) => logLevel >= lowest && logLevel != LogLevel.None;

    /// <inheritdoc />
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        if (!IsEnabled(logLevel))
            return;
        ArrayBufferWriter<byte> line = new(512);
        using (Utf8JsonWriter json = new(line, Options))
        {
            json.WriteStartObject();
            HashSet<string> written = ["time", "level", "event", "message", "error", Template];
            json.WriteString("time", clock.GetUtcNow().UtcDateTime);
            json.WriteString("level", Name(logLevel));
            if (eventId.Name is { } name)
                json.WriteString("event", name);
            json.WriteString("message", WellFormed(formatter(state, exception)));
            WriteFields(json, state, written);
            for (Scope? scope = _scope.Value; scope is not null; scope = scope.Outer)
                WriteFields(json, scope.State, written);
            if (exception is not null)
                WriteError(json, exception);
            if (state is not null)
                extend?.Invoke(json, state);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        lock (_turn)
        {
            output.Write(line.WrittenSpan);
            output.Flush();
        }
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "information",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };

    /// <summary>The innermost scope wins where two have a field of one name.</summary>
    private static void WriteFields(Utf8JsonWriter json, object? state, HashSet<string> written)
    {
        if (state is not IEnumerable<KeyValuePair<string, object?>> fields)
            return;
        foreach ((string name, object? value) in fields)
        {
            if (value is null || !written.Add(name))
                continue;
            json.WritePropertyName(name);
            switch (value)
            {
                case bool flag:
                    json.WriteBooleanValue(flag);
                    break;
                case int number:
                    json.WriteNumberValue(number);
                    break;
                case long number:
                    json.WriteNumberValue(number);
                    break;
                case double number when double.IsFinite(number):
                    json.WriteNumberValue(number);
                    break;
                default:
                    json.WriteStringValue(WellFormed(value.ToString() ?? ""));
                    break;
            }
        }
    }

    private static void WriteError(Utf8JsonWriter json, Exception error)
    {
        json.WriteStartObject("error");
        BulwarkException? known = error as BulwarkException;
        if (known is not null)
            json.WriteString("code", known.Code);
        json.WriteString("type", error.GetType().FullName);
        json.WriteString("message", WellFormed(error.Message));
        if (known is not null)
            json.WriteString("remedy", WellFormed(known.Remedy));
        Exception root = error;
        while (root.InnerException is { } inner)
            root = inner;
        if (root != error)
            json.WriteString("cause", WellFormed($"{root.GetType().FullName}: {root.Message}"));
        // A known error says where by its sentence; of others the stack is all there is.
        if (root is not BulwarkException && root.StackTrace is { } stack)
            json.WriteString("stack", stack);
        json.WriteEndObject();
    }

    /// <summary>Names of objects come from strangers, and half a surrogate pair must not cost the line.</summary>
    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    private sealed class Scope(JsonLineLogger logger, object state, Scope? outer) : IDisposable
    {
        public object State => state;

        public Scope? Outer => outer;

        public void Dispose() => logger._scope.Value = outer;
    }
}
