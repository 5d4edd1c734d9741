using System.Text.Json.Nodes;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>Decides a template's conditions for given parameters, as CloudFormation does before it creates anything.</summary>
/// <param name="document">The template.</param>
/// <param name="values">Parameters that are not to have their defaults.</param>
internal sealed class TemplateConditions(JsonObject document, IReadOnlyDictionary<string, string> values)
{
    /// <summary>Whether a condition of the template holds.</summary>
    public bool Holds(string condition) => Evaluate(document["Conditions"]![condition]!);

    /// <summary>A copy of a part of the template with <c>Fn::If</c>, <c>AWS::NoValue</c> and <c>Fn::FindInMap</c> replaced; null for no value.</summary>
    public JsonNode? Decide(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject { Count: 1 } one when one["Fn::If"] is JsonArray choice:
                return Decide(choice[Holds(choice[0]!.GetValue<string>()) ? 1 : 2]);
            case JsonObject { Count: 1 } one when one["Ref"] is JsonValue name && name.GetValue<string>() == "AWS::NoValue":
                return null;
            case JsonObject { Count: 1 } one when one["Fn::FindInMap"] is JsonArray path:
                return path.Aggregate(document["Mappings"], (map, key) => map![key!.GetValue<string>()])!.DeepClone();
            case JsonObject fields:
                return new JsonObject(
                    from field in fields
                    let value = Decide(field.Value)
                    where value is not null
                    select KeyValuePair.Create<string, JsonNode?>(field.Key, value));
            case JsonArray items:
                return new JsonArray([.. items.Select(Decide).Where(i => i is not null)]);
            default:
                return node?.DeepClone();
        }
    }

    private bool Evaluate(JsonNode condition)
    {
        (string function, JsonNode? argument) = condition.AsObject().Single();
        return function switch
        {
            "Condition" => Holds(argument!.GetValue<string>()),
            "Fn::Not" => !Evaluate(argument![0]!),
            "Fn::And" => argument!.AsArray().All(a => Evaluate(a!)),
            "Fn::Or" => argument!.AsArray().Any(a => Evaluate(a!)),
            "Fn::Equals" => TextOf(argument![0]!) == TextOf(argument[1]!),
            _ => throw new NotSupportedException($"The condition function {function}."),
        };
    }

    private string TextOf(JsonNode node) => node is JsonObject reference ? ParameterOf(reference["Ref"]!.GetValue<string>()) : node.ToString();

    private string ParameterOf(string name) =>
        values.TryGetValue(name, out string? value) ? value : document["Parameters"]![name]!["Default"]!.ToString();
}
