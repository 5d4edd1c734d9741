using System.Net;
using System.Text;
using System.Text.Json;
using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;

namespace Bulwark.Functions.Aws.Events;

/// <summary>Requests and answers of function URLs and API Gateway HTTP APIs, payload format 2.0.</summary>
internal static class HttpEvents
{
    /// <summary>Reads a request.</summary>
    /// <exception cref="FunctionException">BW2202, BW2204.</exception>
    public static HttpRequest Decode(EventField root)
    {
        if (root.Find("version")?.Text() is not "2.0")
            throw FunctionException.UnknownVersion("a request", root.Find("version")?.Text() is { Length: <= 16 } version ? version : "1.0");
        EventField context = root["requestContext"];
        EventField http = context["http"];
        Dictionary<string, string> headers = new(StringComparer.Ordinal);
        if (root.Find("headers") is { } sent)
        {
            foreach ((string name, EventField value) in sent.Members())
                headers[name.ToLowerInvariant()] = value.Text();
        }

        if (root.Find("cookies") is { } cookies)
            headers["cookie"] = string.Join("; ", cookies.Items().Select(c => c.Text()));
        return new HttpRequest
        {
            Id = context.Find("requestId")?.Text(),
            Method = http["method"].Name().ToUpperInvariant(),
            Path = WebUtility.UrlDecode((root.Find("rawPath")?.Text() ?? "/").Replace("+", "%2B", StringComparison.Ordinal)),
            Query = Query(root.Find("rawQueryString")?.Text() ?? ""),
            Headers = headers,
            Body = Body(root),
            Caller = Caller(context),
        };
    }

    /// <summary>Writes an answer whose body is known.</summary>
    public static byte[] Encode(HttpResponse answer)
    {
        bool text = IsText(answer);
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            WriteHead(json, answer);
            json.WriteString("body", text ? Encoding.UTF8.GetString(answer.Content) : Convert.ToBase64String(answer.Content));
            json.WriteBoolean("isBase64Encoded", !text);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>Writes what precedes a streamed body: status and headers, then eight zero bytes.</summary>
    public static byte[] EncodePrelude(HttpResponse answer)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            WriteHead(json, answer);
            json.WriteEndObject();
        }

        bytes.Write(stackalloc byte[8]);
        return bytes.ToArray();
    }

    private static void WriteHead(Utf8JsonWriter json, HttpResponse answer)
    {
        json.WriteNumber("statusCode", answer.Status);
        json.WriteStartObject("headers");
        foreach ((string name, string value) in answer.Headers)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static bool IsText(HttpResponse answer) =>
        answer.Headers.GetValueOrDefault("content-type") is { } type
        && (type.StartsWith("application/json", StringComparison.Ordinal) || type.StartsWith("text/", StringComparison.Ordinal));

    private static Dictionary<string, string> Query(string raw)
    {
        Dictionary<string, string> query = new(StringComparer.Ordinal);
        foreach (string part in raw.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            (string name, string value) = equals < 0 ? (part, "") : (part[..equals], part[(equals + 1)..]);
            query[WebUtility.UrlDecode(name)] = WebUtility.UrlDecode(value);
        }

        return query;
    }

    private static byte[] Body(EventField root)
    {
        if (root.Find("body") is not { } body)
            return [];
        if (root.Find("isBase64Encoded")?.Flag() is not true)
            return Encoding.UTF8.GetBytes(body.Text());
        string text = body.Text();
        byte[] bytes = new byte[text.Length / 4 * 3];
        return Convert.TryFromBase64String(text, bytes, out int written) ? bytes[..written] : throw body.Wrong("base64");
    }

    private static string? Caller(EventField context)
    {
        if (context.Find("authorizer") is not { } authorizer)
            return null;
        return authorizer.Find("iam")?.Find("userArn")?.Text() ?? authorizer.Find("jwt")?.Find("claims")?.Find("sub")?.Text();
    }
}
