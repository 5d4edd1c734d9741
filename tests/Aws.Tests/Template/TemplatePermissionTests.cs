using System.Text.Json.Nodes;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>Who may do what by template.yaml, and why.</summary>
public sealed class TemplatePermissionTests
{
    // AWS gives these no resource to name (Service Authorization Reference, X-Ray and ECR).
    private static readonly string[] ActionsWithoutResources = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "ecr:GetAuthorizationToken"];

    private static readonly string[] UsesOfKeys = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:Sign", "kms:GetPublicKey"];

    [ProgramFact("cfn-lint")]
    public void Each_permission_is_documented_with_its_reason_and_nothing_else_is()
    {
        HashSet<Permission> granted = Permission.Granted(TranslatedTemplate.Load().Document);
        (HashSet<Permission> documented, _) = Permission.Documented();

        Assert.NotEmpty(granted);
        Assert.Equal([], granted.Except(documented));
        Assert.Equal([], documented.Except(granted));
    }

    [ProgramFact("cfn-lint")]
    public void Each_policy_is_for_the_roles_that_the_documentation_says()
    {
        (_, Dictionary<string, string[]> documented) = Permission.Documented();
        Dictionary<string, string[]> granted = Resources("AWS::IAM::Policy").ToDictionary(
            p => p.Key, p => p.Value["Properties"]!["Roles"]!.AsArray().Select(Permission.NameOf).ToArray());

        Assert.Equal(documented.OrderBy(p => p.Key), granted.OrderBy(p => p.Key));
    }

    [ProgramFact("cfn-lint")]
    public void No_policy_grants_by_exclusion_or_by_a_wildcard_in_an_action()
    {
        List<(string Name, JsonObject Statement)> statements = AllStatements();

        Assert.True(statements.Count > 60, $"Only {statements.Count} statements were found.");
        foreach ((string name, JsonObject statement) in statements)
        {
            Assert.False(statement.ContainsKey("NotAction") || statement.ContainsKey("NotResource") || statement.ContainsKey("NotPrincipal"), name);
            // A denial is to reach far: TlsOnly forbids everything.
            if (statement["Effect"]!.GetValue<string>() == "Allow")
                Assert.DoesNotContain(IamPolicy.TextsOf(statement["Action"]), a => a.Contains('*', StringComparison.Ordinal));
        }
    }

    [ProgramFact("cfn-lint")]
    public void No_role_may_act_on_a_resource_that_could_have_been_named()
    {
        foreach (Permission permission in Permission.Granted(TranslatedTemplate.Load().Document))
        {
            if (permission.On == "*")
                Assert.Contains(permission.May, ActionsWithoutResources);
            else if (permission.On.EndsWith("/*", StringComparison.Ordinal))
                Assert.Contains(permission.On[..^2], Resources("AWS::S3::Bucket").Keys);
            else
                Assert.DoesNotContain('*', permission.On);
        }
    }

    [ProgramFact("cfn-lint")]
    public void No_resource_policy_lets_the_public_in()
    {
        foreach ((string name, JsonObject statement) in AllStatements().Where(s => s.Statement["Effect"]!.GetValue<string>() == "Allow"))
        {
            JsonNode? principal = statement["Principal"];
            Assert.False(principal is JsonValue, $"{name}: {principal}");
            Assert.DoesNotContain(principal?.AsObject().SelectMany(p => p.Value is JsonArray several ? several : [p.Value!.DeepClone()]) ?? [], p => p!.ToJsonString() == "\"*\"");
        }
    }

    [ProgramFact("cfn-lint")]
    public void Each_function_has_a_role_of_its_own_that_only_Lambda_may_assume()
    {
        List<string> roles = [.. Resources("AWS::Lambda::Function").Values.Select(f => Permission.NameOf(f["Properties"]!["Role"]))];

        Assert.Equal(4, roles.Distinct().Count());
        Assert.All(roles, role => Assert.Equal(
            ["lambda.amazonaws.com"],
            Resources("AWS::IAM::Role")[role]["Properties"]!["AssumeRolePolicyDocument"]!["Statement"]!.AsArray().SelectMany(s => IamPolicy.TextsOf(s!["Principal"]!["Service"]))));
    }

    [ProgramFact("cfn-lint")]
    public void No_role_has_policies_that_this_reader_does_not_see() => Assert.All(Resources("AWS::IAM::Role").Values, role =>
        Assert.Equal(["AssumeRolePolicyDocument"], role["Properties"]!.AsObject().Select(p => p.Key).Except(["Tags"])));

    [ProgramFact("cfn-lint")]
    public void Key_policies_and_role_policies_say_the_same()
    {
        JsonObject resources = TranslatedTemplate.Load().Decide(TranslatedTemplate.Everything)["Resources"]!.AsObject();
        HashSet<(string, string, string, string)> byRoles =
        [
            .. from role in Resources("AWS::IAM::Role").Keys
               from statement in TranslatedTemplate.Load().UnresolvedStatementsOf(role, TranslatedTemplate.Everything)
               from action in IamPolicy.TextsOf(statement["Action"])
               where action.StartsWith("kms:", StringComparison.Ordinal)
               select (role, action, Permission.NameOf(statement["Resource"]), statement["Condition"]?.ToJsonString() ?? ""),
        ];
        HashSet<(string, string, string, string)> byKeys =
        [
            .. from key in Resources("AWS::KMS::Key")
               from statement in key.Value["Properties"]!["KeyPolicy"]!["Statement"]!.AsArray()
               from principal in PrincipalsOf(statement!)
               where resources.ContainsKey(principal)
               from action in IamPolicy.TextsOf(statement!["Action"])
               select (principal, action, key.Key, statement["Condition"]?.ToJsonString() ?? ""),
        ];

        Assert.NotEmpty(byRoles);
        Assert.Equal(byRoles.Order(), byKeys.Order());
    }

    [ProgramFact("cfn-lint")]
    public void Who_administers_a_key_cannot_use_it()
    {
        foreach ((string name, JsonObject key) in Resources("AWS::KMS::Key"))
        {
            JsonObject administration = key["Properties"]!["KeyPolicy"]!["Statement"]![0]!.AsObject();
            Assert.Equal("Administration", administration["Sid"]!.GetValue<string>());
            Assert.Contains("kms:PutKeyPolicy", IamPolicy.TextsOf(administration["Action"]));
            Assert.Empty(IamPolicy.TextsOf(administration["Action"]).Intersect(UsesOfKeys).Except(["kms:GetPublicKey"]));
            Assert.All(
                key["Properties"]!["KeyPolicy"]!["Statement"]!.AsArray().Skip(1),
                s => Assert.DoesNotContain(s!["Principal"]!.ToJsonString(), "root", StringComparison.Ordinal));
            Assert.True(PrincipalsOf(administration).Single() == TranslatedTemplate.Everything["KeyAdministratorArn"] || PrincipalsOf(administration).Single() == "KeyAdministratorArn", name);
        }
    }

    private static Dictionary<string, JsonObject> Resources(string type) =>
        TranslatedTemplate.Load().Decide(TranslatedTemplate.Everything)["Resources"]!.AsObject()
            .Where(r => r.Value!["Type"]!.GetValue<string>() == type).ToDictionary(r => r.Key, r => r.Value!.AsObject());

    private static IEnumerable<string> PrincipalsOf(JsonNode statement) => statement["Principal"]!["AWS"] switch
    {
        JsonArray several => several.Select(Permission.NameOf),
        null => [],
        JsonNode one => [Permission.NameOf(one)],
    };

    private static List<(string Name, JsonObject Statement)> AllStatements()
    {
        List<(string, JsonObject)> found = [];
        foreach ((string name, JsonNode? resource) in TranslatedTemplate.Load().Decide(TranslatedTemplate.Everything)["Resources"]!.AsObject())
            Collect(name, resource);
        return found;

        void Collect(string name, JsonNode? node)
        {
            if (node is JsonObject { } fields)
            {
                if (fields["Statement"] is JsonArray statements)
                    found.AddRange(statements.Select(s => (name, s!.AsObject())));
                else
                    fields.ToList().ForEach(f => Collect(name, f.Value));
            }
            else if (node is JsonArray items)
            {
                items.ToList().ForEach(i => Collect(name, i));
            }
        }
    }
}
