using System.Globalization;
using System.Text.Json;

namespace Bulwark.Functions.Aws.Events;

/// <summary>A value in an event with its path, so that what is wrong with it can be said; every accessor refuses what is not there.</summary>
/// <param name="element">The value.</param>
/// <param name="path">Its path.</param>
internal readonly struct EventField(JsonElement element, string path)
{
    private const int LongestText = 1 << 20;

    /// <summary>A member that must be there.</summary>
    public EventField this[string name] => Find(name) ?? throw FunctionException.MalformedEvent($"{path} has no '{name}'");

    /// <summary>A member; null where there is none, or a null.</summary>
    public EventField? Find(string name) => IsObject && element.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null
        ? new EventField(member, $"{path}.{name}")
        : null;

    /// <summary>Whether it is an object.</summary>
    public bool IsObject => element.ValueKind == JsonValueKind.Object;

    /// <summary>The elements of an array.</summary>
    public IEnumerable<EventField> Items()
    {
        if (element.ValueKind != JsonValueKind.Array)
            throw Wrong("an array");
        return Each(element, path);

        static IEnumerable<EventField> Each(JsonElement array, string path)
        {
            int index = 0;
            foreach (JsonElement item in array.EnumerateArray())
                yield return new EventField(item, string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"));
        }
    }

    /// <summary>The members of an object.</summary>
    public IEnumerable<(string Name, EventField Value)> Members()
    {
        if (!IsObject)
            throw Wrong("an object");
        string parent = path;
        return element.EnumerateObject().Select(p => (p.Name, new EventField(p.Value, $"{parent}.{p.Name}")));
    }

    /// <summary>Text.</summary>
    public string Text()
    {
        if (element.ValueKind != JsonValueKind.String)
            throw Wrong("text");
        string text = element.GetString()!;
        return text.Length <= LongestText ? text : throw Wrong("text of that length");
    }

    /// <summary>Text that is not empty.</summary>
    public string Name() => Text() is { Length: > 0 } text ? text : throw Wrong("a name");

    /// <summary>A number of bytes.</summary>
    public long Size() => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out long number) && number >= 0 ? number : throw Wrong("a size");

    /// <summary>Yes or no.</summary>
    public bool Flag() => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false"),
    };

    /// <summary>A time; UTC where no zone is given.</summary>
    public DateTimeOffset Time() =>
        DateTimeOffset.TryParse(Text(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : throw Wrong("a time");

    /// <summary>The error that it is not what it should be.</summary>
    public FunctionException Wrong(string expected) => FunctionException.MalformedEvent($"{path} is not {expected}");
}
