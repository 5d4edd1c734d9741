namespace Bulwark.Functions.Logging;

/// <summary>Fields for a scope of the log.</summary>
internal static class LogFields
{
    /// <summary>Fields, of which those without a value are left out.</summary>
    public static KeyValuePair<string, object?>[] Of(params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        List<KeyValuePair<string, object?>> present = [];
        foreach ((string name, object? value) in fields)
        {
            if (value is not null)
                present.Add(new(name, value));
        }

        return [.. present];
    }
}
