using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>An identity policy of <c>Allow</c> statements: what it says, what it allows, and what moto can be given of it.</summary>
/// <remarks>
/// moto 5.2.1 evaluates policies in part (moto/iam/access_control.py). Where the real IAM would be stricter, a test here asks
/// <see cref="Allows"/> instead:
/// <code>
/// conditions        read by moto for sts:ExternalId alone; every other one counts as fulfilled
/// resources         known to moto for S3, SQS, IAM and STS; for every other service it asks about the resource "*" and nothing else
/// </code>
/// </remarks>
/// <param name="statements">The statements, with all references resolved.</param>
public sealed class IamPolicy(IReadOnlyList<JsonObject> statements)
{
    private static readonly string[] ServicesWhoseResourcesMotoKnows = ["s3", "sqs", "iam", "sts"];

    /// <summary>The statements.</summary>
    public IReadOnlyList<JsonObject> Statements { get; } = statements;

    /// <summary>Every action that some statement allows, in order.</summary>
    public IReadOnlyList<string> Actions => [.. Statements.SelectMany(s => TextsOf(s["Action"])).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The policy document, as IAM takes it.</summary>
    public string ToJson() => new JsonObject
    {
        ["Version"] = "2012-10-17",
        ["Statement"] = new JsonArray([.. Statements.Select(s => s.DeepClone())]),
    }.ToJsonString();

    /// <summary>The same policy without an action, to see what happens then.</summary>
    /// <exception cref="ArgumentException">It does not allow the action anyway.</exception>
    public IamPolicy Without(string action)
    {
        if (!Actions.Contains(action))
            throw new ArgumentException($"The policy does not allow {action}.", nameof(action));
        return new IamPolicy([.. Statements.Select(s => With(s, TextsOf(s["Action"]).Where(a => a != action))).Where(s => s["Action"]!.AsArray().Count > 0)]);
    }

    /// <summary>The policy as moto can evaluate it: where moto knows no resources, the statement is about all of them.</summary>
    public IamPolicy ForMoto() => new([.. Statements.SelectMany(SplitForMoto)]);

    /// <summary>Whether IAM would allow a call, by this policy alone.</summary>
    /// <param name="action">The action, such as <c>kms:Decrypt</c>.</param>
    /// <param name="resource">The ARN.</param>
    /// <param name="context">Condition keys of the request.</param>
    public bool Allows(string action, string resource, params (string Key, string Value)[] context) => Statements.Any(s =>
        TextsOf(s["Action"]).Contains(action)
        && TextsOf(s["Resource"]).Any(pattern => Matches(pattern, resource))
        && (s["Condition"] is not JsonObject conditions || conditions.All(c => Holds(c.Key, c.Value!.AsObject(), context))));

    internal static IEnumerable<string> TextsOf(JsonNode? node) => node switch
    {
        null => [],
        JsonArray items => items.Select(i => i!.GetValue<string>()),
        _ => [node.GetValue<string>()],
    };

    private static IEnumerable<JsonObject> SplitForMoto(JsonObject statement)
    {
        foreach (IGrouping<bool, string> part in TextsOf(statement["Action"]).GroupBy(a => ServicesWhoseResourcesMotoKnows.Contains(a.Split(':')[0])))
        {
            JsonObject copy = With(statement, part);
            if (!part.Key)
                copy["Resource"] = "*";
            yield return copy;
        }
    }

    private static JsonObject With(JsonObject statement, IEnumerable<string> actions)
    {
        JsonObject copy = statement.DeepClone().AsObject();
        copy["Action"] = new JsonArray([.. actions.Select(a => JsonValue.Create(a))]);
        return copy;
    }

    private static bool Holds(string operation, JsonObject keys, (string Key, string Value)[] context) => keys.All(expected =>
    {
        string? actual = context.FirstOrDefault(c => c.Key == expected.Key).Value;
        return actual is not null && TextsOf(expected.Value).Any(text => operation switch
        {
            "StringEquals" or "Bool" => actual == text,
            "StringLike" => Matches(text, actual),
            _ => throw new NotSupportedException($"The condition operator {operation}."),
        });
    });

    private static bool Matches(string pattern, string text) =>
        Regex.IsMatch(text, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal)}$");
}
