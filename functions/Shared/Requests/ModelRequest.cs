using System.Globalization;
using Bulwark.Functions.Events;

namespace Bulwark.Functions.Requests;

/// <summary>A request about one protected model: <c>?name=NAME</c>, with or without its <c>.enc</c>.</summary>
/// <param name="Body">Name of the body.</param>
internal sealed record ModelRequest(string Body)
{
    private const string Suffix = ".enc";
    private const int LongestName = 1024;

    /// <summary>Reads the name.</summary>
    /// <exception cref="FunctionException">BW2209.</exception>
    public static ModelRequest Of(HttpRequest request)
    {
        if (request.Method is not ("GET" or "HEAD"))
            throw FunctionException.BadRequest($"the method is {Printable(request.Method)}, not GET");
        if (!request.Query.TryGetValue("name", out string? name) || name.Length is 0 or > LongestName)
            throw FunctionException.BadRequest("the parameter 'name' must name a model");
        return new ModelRequest(name.EndsWith(Suffix, StringComparison.Ordinal) ? name : name + Suffix);
    }

    /// <summary>Reads a number that is not negative; null where there is none.</summary>
    /// <exception cref="FunctionException">BW2209.</exception>
    public static long? Number(HttpRequest request, string parameter)
    {
        if (!request.Query.TryGetValue(parameter, out string? text))
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw FunctionException.BadRequest($"the parameter '{parameter}' must be a number of bytes");
    }

    /// <summary>Reads a yes or no.</summary>
    /// <exception cref="FunctionException">BW2209.</exception>
    public static bool Flag(HttpRequest request, string parameter, bool otherwise) => request.Query.GetValueOrDefault(parameter) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        _ => throw FunctionException.BadRequest($"the parameter '{parameter}' must be true or false"),
    };

    private static string Printable(string method) => method.Length <= 16 && method.All(char.IsAsciiLetter) ? method : "something else";
}
