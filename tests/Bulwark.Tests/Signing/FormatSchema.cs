using System.Text.Json.Nodes;
using Bulwark.Testing;
using NJsonSchema;

namespace Bulwark.Tests.Signing;

/// <summary>
/// The specification's own JSON schemas. They are of draft 2020-12 and refer to each other by address; here they are put into one
/// document of the older draft that the library reads, <c>const</c> as a list of one.
/// </summary>
internal sealed class FormatSchema
{
    private readonly JsonSchema _schema;

    private FormatSchema(JsonSchema schema) => _schema = schema;

    public static Task<FormatSchema> BundleAsync() => LoadAsync("bundle");

    public static Task<FormatSchema> StatementAsync() => LoadAsync("statement");

    /// <summary>What is wrong, or nothing.</summary>
    public IReadOnlyList<string> Faults(string json) => [.. _schema.Validate(json).Select(e => e.ToString())];

    private static async Task<FormatSchema> LoadAsync(string name)
    {
        JsonObject definitions = [];
        foreach (string part in new[] { "bundle", "envelope", "statement", "predicate" })
        {
            JsonObject document = JsonNode.Parse(File.ReadAllText(SharedData.PathOf("oms", "spec-v1.0", "schemas", part + ".schema.json")))!.AsObject();
            foreach ((string key, JsonNode? definition) in document["$defs"]?.AsObject() ?? [])
                definitions.Add($"{part}-{key}", Older(definition!.DeepClone(), part));
            document.Remove("$defs");
            document.Remove("$id");
            document.Remove("$schema");
            definitions.Add(part, Older(document, part));
        }

        JsonObject all = new() { ["$schema"] = "http://json-schema.org/draft-07/schema#", ["definitions"] = definitions, ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = $"#/definitions/{name}" }) };
        return new FormatSchema(await JsonSchema.FromJsonAsync(all.ToJsonString()));
    }

    private static JsonNode Older(JsonNode node, string part)
    {
        if (node is JsonObject o)
        {
            foreach ((string key, JsonNode? value) in o.ToArray())
            {
                if (key == "$ref")
                {
                    string target = value!.GetValue<string>();
                    o[key] = "#/definitions/" + (target.StartsWith("#/$defs/", StringComparison.Ordinal) ? $"{part}-{target["#/$defs/".Length..]}" : target.Split('/')[3]);
                }
                else if (key == "const")
                {
                    o.Remove(key);
                    o["enum"] = new JsonArray(value!.DeepClone());
                }
                else if (value is not null)
                {
                    Older(value, part);
                }
            }
        }
        else if (node is JsonArray list)
        {
            foreach (JsonNode? item in list)
            {
                if (item is not null)
                    Older(item, part);
            }
        }

        return node;
    }
}
