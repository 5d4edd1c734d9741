using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>One action on one resource, in the words that docs/aws.md uses.</summary>
/// <param name="Policy">The policy that grants it.</param>
/// <param name="May">The action, such as <c>s3:GetObject</c>.</param>
/// <param name="On">Logical id of a resource, with <c>/*</c> for its objects; the last part of an ARN for what is not in the template.</param>
/// <param name="Only">Parameter without which it is not granted, then condition keys; separated by spaces, in order.</param>
internal sealed partial record Permission(string Policy, string May, string On, string Only)
{
    /// <summary>What the translated template grants.</summary>
    public static HashSet<Permission> Granted(JsonObject template)
    {
        HashSet<Permission> permissions = [];
        foreach ((string policy, JsonNode? resource) in template["Resources"]!.AsObject())
        {
            if (resource!["Type"]!.GetValue<string>() != "AWS::IAM::Policy")
                continue;
            foreach (JsonNode? item in resource["Properties"]!["PolicyDocument"]!["Statement"]!.AsArray())
            {
                JsonNode statement = item!["Fn::If"] is { } choice ? choice[1]! : item;
                string parameter = item["Fn::If"] is { } condition ? ParameterOf(template["Conditions"]![condition[0]!.GetValue<string>()]!) : "";
                string only = Join((statement["Condition"]?.AsObject() ?? []).SelectMany(c => c.Value!.AsObject()).Select(k => k.Key).Append(parameter));
                permissions.UnionWith(
                    from action in IamPolicy.TextsOf(statement["Action"])
                    from resourceNode in statement["Resource"] is JsonArray several ? several : [statement["Resource"]!.DeepClone()]
                    select new Permission(policy, action, NameOf(resourceNode), only));
            }
        }

        return permissions;
    }

    /// <summary>What docs/aws.md says is granted, and the roles that it says each policy is for.</summary>
    public static (HashSet<Permission> Permissions, Dictionary<string, string[]> Roles) Documented()
    {
        HashSet<Permission> permissions = [];
        Dictionary<string, string[]> roles = [];
        string policy = "";
        foreach (string line in File.ReadLines(Path.Combine(SharedData.RepositoryRoot, "docs", "aws.md")))
        {
            if (line.StartsWith('#'))
                policy = line.EndsWith("Policy", StringComparison.Ordinal) ? line.TrimStart('#', ' ') : "";
            else if (policy != "" && line.StartsWith("For ", StringComparison.Ordinal))
                roles[policy] = [.. Quoted(line)];
            else if (policy != "" && line.Split('|') is [_, var may, var resources, var only, var why, _] && Quoted(may).Any())
            {
                Assert.False(string.IsNullOrWhiteSpace(why), $"No reason: {line}");
                permissions.UnionWith(
                    from action in Quoted(may)
                    from resource in Quoted(resources)
                    select new Permission(policy, action, resource, Join(Quoted(only))));
            }
        }

        return (permissions, roles);
    }

    /// <summary>The words that a reference to a resource comes to.</summary>
    public static string NameOf(JsonNode? reference)
    {
        if (reference is JsonValue text)
            return text.GetValue<string>();
        if (reference!["Ref"] is { } name)
            return name.GetValue<string>();
        if (reference["Fn::GetAtt"] is { } attribute)
            return attribute[0]!.GetValue<string>();
        string arn = Placeholder().Replace(reference["Fn::Sub"]!.GetValue<string>(), m => m.Groups[2].Value);
        return (arn.Split(':') is { Length: > 5 } parts ? parts[5] : arn).Replace("AccountId", "ACCOUNT", StringComparison.Ordinal);
    }

    private static string ParameterOf(JsonNode condition) => Reference().Match(condition.ToJsonString()).Groups[1].Value;

    private static string Join(IEnumerable<string> words) => string.Join(' ', words.Where(w => w != "").Order(StringComparer.Ordinal));

    private static IEnumerable<string> Quoted(string text) => Quote().Matches(text).Select(m => m.Groups[1].Value);

    [GeneratedRegex(@"\$\{(AWS::)?([A-Za-z]+)(\.Arn)?\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex("\"Ref\":\"([A-Za-z]+)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quote();
}
