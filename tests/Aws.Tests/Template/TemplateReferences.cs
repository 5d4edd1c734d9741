using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>Replaces <c>Ref</c>, <c>Fn::GetAtt</c> and <c>Fn::Sub</c> by given values.</summary>
/// <param name="document">The template.</param>
/// <param name="values">The values, as <see cref="TranslatedTemplate"/> describes them.</param>
internal sealed partial class TemplateReferences(JsonObject document, IReadOnlyDictionary<string, string> values)
{
    private static readonly Dictionary<string, string> PseudoParameters = new()
    {
        ["AWS::AccountId"] = "123456789012",
        ["AWS::Partition"] = "aws",
        ["AWS::Region"] = "us-east-1",
        ["AWS::StackName"] = "bulwark",
        ["AWS::URLSuffix"] = "amazonaws.com",
    };

    /// <summary>A copy with values in place of references.</summary>
    /// <exception cref="KeyNotFoundException">Something has no value.</exception>
    public JsonNode? Resolve(JsonNode? node) => node switch
    {
        JsonObject { Count: 1 } one when one["Ref"] is JsonValue name => ValueOf(name.GetValue<string>()),
        JsonObject { Count: 1 } one when one["Fn::GetAtt"] is JsonArray path => ValueOf($"{path[0]}.{path[1]}"),
        JsonObject { Count: 1 } one when one["Fn::Sub"] is JsonValue text =>
            Placeholder().Replace(text.GetValue<string>(), match => ValueOf(match.Groups[1].Value)),
        JsonObject { Count: 1 } one when one.Single().Key.StartsWith("Fn::", StringComparison.Ordinal) =>
            throw new NotSupportedException($"The function {one.Single().Key}."),
        JsonObject fields => new JsonObject(fields.Select(f => KeyValuePair.Create(f.Key, Resolve(f.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Resolve)]),
        _ => node?.DeepClone(),
    };

    private string ValueOf(string name)
    {
        if (values.TryGetValue(name, out string? value) || PseudoParameters.TryGetValue(name, out value))
            return value;
        if (document["Parameters"]![name]?["Default"] is { } byDefault)
            return byDefault.ToString();
        string resource = name.Split('.')[0];
        if (name == $"{resource}.Arn" && values.TryGetValue(resource, out string? bucket)
            && document["Resources"]![resource]?["Type"]?.GetValue<string>() == "AWS::S3::Bucket")
        {
            return $"arn:aws:s3:::{bucket}";
        }

        throw new KeyNotFoundException($"The template refers to '{name}', which has no value.");
    }

    [GeneratedRegex(@"\$\{([A-Za-z0-9:.]+)\}")]
    private static partial Regex Placeholder();
}
