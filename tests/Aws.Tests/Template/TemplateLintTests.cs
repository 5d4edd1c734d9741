using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>What others' tools say about template.yaml.</summary>
public sealed class TemplateLintTests
{
    [ProgramFact("cfn-lint")]
    public void The_linter_has_nothing_to_say_not_even_for_information() =>
        Assert.Equal("", Shell.Run("cfn-lint", "--include-checks", "I", "--", TranslatedTemplate.Path).Trim());
}
