using System.Text.Json.Nodes;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>
/// <c>template.yaml</c> as CloudFormation gets to see it after the SAM transform, and what it comes to for given values.
/// </summary>
/// <remarks>
/// <code>
/// values              name of a parameter            DeleteSource                 its default when missing
///                     name of a resource             ProtectedBucket              what Ref gives
///                     resource and attribute         WrappingKey.Arn              what GetAtt gives; of a bucket derived from its name
///                     pseudo parameter               AWS::Region                  us-east-1, account 123456789012, stack bulwark
/// </code>
/// </remarks>
public sealed class TranslatedTemplate
{
    private static readonly Lazy<TranslatedTemplate> Once = new(() => new TranslatedTemplate(Translate()));

    private readonly JsonObject _document;

    private TranslatedTemplate(JsonObject document) => _document = document;

    /// <summary>The project's template, translated once in a test run.</summary>
    public static TranslatedTemplate Load() => Once.Value;

    /// <summary>The template itself.</summary>
    public static string Path { get; } = System.IO.Path.Combine(SharedData.RepositoryRoot, "template.yaml");

    /// <summary>Every optional part switched on, with names that fit the patterns.</summary>
    public static IReadOnlyDictionary<string, string> Everything { get; } = new Dictionary<string, string>
    {
        ["AlarmEmail"] = "someone@bulwark.example",
        ["DeleteSource"] = "true",
        ["KeyAdministratorArn"] = "arn:aws:iam::123456789012:role/keys",
        ["OperatorArn"] = "arn:aws:iam::123456789012:root",
        ["PostQuantum"] = "true",
        ["ProtectImageDigest"] = $"sha256:{new string('0', 64)}",
        ["ProtectImageRepository"] = "bulwark",
        ["ProtectSubnets"] = "subnet-0123456789abcdef0",
        ["ProtectVpc"] = "vpc-0123456789abcdef0",
        ["SecurityHub"] = "true",
        ["TrustedKeys"] = "-----BEGIN PUBLIC KEY-----",
        ["UploaderArn"] = "arn:aws:iam::123456789012:role/training",
    };

    /// <summary>The translated template as it is, conditions and all.</summary>
    public JsonObject Document => _document.DeepClone().AsObject();

    /// <summary>
    /// The template with its conditions decided: resources and values that are not wanted are gone, mappings are looked up; references
    /// stay as they are. Whoever creates the stack from it need not know conditions (moto leaves nulls where a value is left out).
    /// </summary>
    /// <param name="values">Parameters that are not to have their defaults.</param>
    public JsonObject Decide(IReadOnlyDictionary<string, string>? values = null)
    {
        TemplateConditions conditions = new(_document, values ?? new Dictionary<string, string>());
        JsonObject decided = _document.DeepClone().AsObject();
        decided.Remove("Conditions");
        decided.Remove("Rules");
        decided.Remove("Mappings");
        foreach (string section in new[] { "Resources", "Outputs" })
        {
            foreach ((string name, JsonNode? item) in _document[section]!.AsObject())
            {
                if (item!["Condition"] is { } condition && !conditions.Holds(condition.GetValue<string>()))
                {
                    decided[section]!.AsObject().Remove(name);
                    continue;
                }

                JsonObject kept = conditions.Decide(item)!.AsObject();
                kept.Remove("Condition");
                decided[section]![name] = kept;
            }
        }

        return decided;
    }

    /// <summary>
    /// What a role may do: the statements of all policies that the template gives to it, with the real names in place. It is what
    /// <c>aws iam put-user-policy</c> takes; <see cref="IamPolicy.ForMoto"/> for what moto understands of it.
    /// </summary>
    /// <param name="role">The role's logical id, such as <c>ProtectModelRole</c>.</param>
    /// <param name="values">The names (see the type).</param>
    /// <exception cref="KeyNotFoundException">The policy names something that has no value; the message says what.</exception>
    public IamPolicy PolicyOf(string role, IReadOnlyDictionary<string, string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        TemplateReferences references = new(_document, values);
        return new IamPolicy([.. UnresolvedStatementsOf(role, values).Select(s => references.Resolve(s)!.AsObject())]);
    }

    /// <summary>The same statements with references left as the template has them, conditions decided.</summary>
    public IReadOnlyList<JsonObject> UnresolvedStatementsOf(string role, IReadOnlyDictionary<string, string>? values = null)
    {
        JsonObject resources = Decide(values)["Resources"]!.AsObject();
        if (resources[role]?["Type"]?.GetValue<string>() != "AWS::IAM::Role")
            throw new KeyNotFoundException($"The template has no role '{role}' for these values.");
        List<JsonObject> statements = [];
        foreach ((_, JsonNode? resource) in resources)
        {
            if (resource!["Type"]!.GetValue<string>() is not ("AWS::IAM::Policy" or "AWS::IAM::ManagedPolicy"))
                continue;
            if (resource["Properties"]!["Roles"]!.AsArray().Any(r => r!["Ref"]?.GetValue<string>() == role))
                statements.AddRange(resource["Properties"]!["PolicyDocument"]!["Statement"]!.AsArray().Select(s => s!.DeepClone().AsObject()));
        }

        return statements;
    }

    private static JsonObject Translate()
    {
        string script = System.IO.Path.Combine(SharedData.RepositoryRoot, "tests", "Aws.Tests", "Template", "translate.py");
        return JsonNode.Parse(Shell.Run("python3", script, Path, "code", "bootstrap.zip"))!.AsObject();
    }
}
