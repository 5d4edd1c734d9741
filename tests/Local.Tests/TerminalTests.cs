using System.Text.Json;
using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

/// <summary>Standard output, pipes, terminals and completion.</summary>
public sealed class TerminalTests : IDisposable
{
    private const string Sample = "mnist-mlp.safetensors";

    private readonly Cli _cli = new();

    public TerminalTests() => File.Copy(Path.Combine(SharedData.RepositoryRoot, "samples", Sample), _cli[Sample]);

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData(0, $"protect {Sample} --json")]
    [InlineData(0, $"inspect {Sample} --json")]
    [InlineData(0, "keys list --json")]
    [InlineData(1, $"watermark detect {Sample} --json")]
    [InlineData(2, "protect --json")]
    [InlineData(2, "protect none --json")]
    [InlineData(2, "--json")]
    [InlineData(2, "nonsense --json")]
    [InlineData(2, $"protect {Sample} --owner minus --json")]
    [InlineData(2, $"open {Sample} --json")]
    public void With_json_standard_output_is_one_document_whatever_happens(int exitCode, string arguments)
    {
        Cli.Outcome outcome = _cli.Run(arguments.Split(' '));
        Assert.True(outcome.Code == exitCode, outcome.ToString());
        using JsonDocument document = JsonDocument.Parse(outcome.Output);
        if (exitCode == 2)
            Assert.StartsWith("BW", document.RootElement.GetProperty("error").GetProperty("code").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("protect model --no-such-option")]
    [InlineData("protekt")]
    [InlineData("")]
    public void A_command_line_that_does_not_fit_prints_nothing_on_standard_output(string arguments)
    {
        Cli.Outcome outcome = _cli.Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, outcome.Code);
        Assert.Empty(outcome.Output);
        Assert.Contains("[BW9004]", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("--help", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($"bulwark inspect {Sample} --json | head -c 1")]
    [InlineData("bulwark --help | head -n 1")]
    [InlineData($"bulwark inspect {Sample} | true")]
    [InlineData($"bulwark inspect {Sample} >/dev/full")]
    [InlineData("bulwark nonsense 2>/dev/full")]
    [InlineData($"bulwark inspect {Sample} >&-")]
    public void A_reader_that_goes_away_gets_no_stack_trace(string script)
    {
        Cli.Outcome outcome = _cli.Bash(script);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", outcome.Error, StringComparison.Ordinal);
    }

    [ProgramFact("script")]
    public void A_terminal_gets_a_progress_bar_and_colour_and_NO_COLOR_takes_the_colour_away()
    {
        Cli.Outcome made = _cli.Bash("head -c 30M /dev/urandom > big.bin; script -qec 'TERM=xterm-256color bulwark protect big.bin' /dev/null </dev/null");
        Assert.Contains("\u2501", made.Output, StringComparison.Ordinal);
        Assert.Contains("\u001b[32m", made.Output.Replace("38;5;2m", "32m", StringComparison.Ordinal), StringComparison.Ordinal);
        Cli.Outcome plain = _cli.Bash("script -qec 'NO_COLOR=1 TERM=xterm-256color bulwark verify big.bin.enc 2>/dev/null' /dev/null </dev/null");
        Assert.Contains("Verified", plain.Output, StringComparison.Ordinal);
        Assert.DoesNotMatch("\u001b\\[[0-9;]*3[0-9]", plain.Output);
    }

    [ProgramFact("script")]
    public void A_file_name_is_no_markup_for_the_progress_bar()
    {
        Cli.Outcome compared = _cli.Bash($"cp {Sample} '[red]m'; cp {Sample} '[m'; TERM=xterm-256color script -qec \"bulwark compare '[red]m' '[m'\" /dev/null </dev/null");
        Assert.True(compared.Code == 0, compared.ToString());
        Assert.DoesNotContain("   at ", compared.Output, StringComparison.Ordinal);
        Assert.Contains("Identical", compared.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_change_the_order_of_what_is_shown_are_made_visible()
    {
        Cli.Outcome inspected = _cli.Bash("printf x > $'gnp\\u202egpj.bin'; bulwark inspect $'gnp\\u202egpj.bin'");
        Assert.Contains("gnp\ufffdgpj.bin", inspected.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_of_the_parser_is_one_line()
    {
        Cli.Outcome outcome = _cli.Run("keys", "rotate", "nonsense");
        Assert.Contains("Must be one of: 'signing' 'wrapping'", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sub/", "sub/m$(touch pwned)")]
    [InlineData("odd", "odd `touch pwned` ; x")]
    [InlineData("m", Sample)]
    public void Completion_offers_files_and_runs_nothing_that_stands_in_their_names(string word, string expected)
    {
        Directory.CreateDirectory(_cli["sub"]);
        File.WriteAllBytes(_cli["sub/m$(touch pwned)"], []);
        File.WriteAllBytes(_cli["odd `touch pwned` ; x"], []);
        Cli.Outcome outcome = _cli.Bash(
            $$"""
            source <(bulwark completion bash)
            COMP_WORDS=(bulwark inspect '{{word}}'); COMP_CWORD=2; COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
            _bulwark
            printf '%s\n' "${COMPREPLY[@]}"
            """);
        Assert.Equal([expected], outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(File.Exists(_cli["pwned"]));
        Assert.False(File.Exists(_cli["sub/pwned"]));
    }

    [Theory]
    [InlineData("bulwark pro", "protect")]
    [InlineData("bulwark watermark de", "detect")]
    [InlineData("bulwark protect --mod", "--model-id")]
    [InlineData("bulwark open mnist", Sample)]
    [InlineData("bulwark verify --js", "--json")]
    public void Completion_works_in_bash(string line, string expected)
    {
        Cli.Outcome outcome = _cli.Bash(
            $$"""
            source <(bulwark completion bash)
            COMP_LINE='{{line}}'; COMP_POINT=${#COMP_LINE}; read -ra COMP_WORDS <<< "$COMP_LINE"; COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            _bulwark
            printf '%s\n' "${COMPREPLY[@]}"
            complete -p bulwark
            """);
        Assert.True(outcome.Code == 0, outcome.ToString());
        Assert.Equal(expected, outcome.Output.Split('\n')[0]);
        Assert.Contains("_bulwark bulwark", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_has_help_that_ends_with_examples()
    {
        foreach (string command in new[] { "protect", "verify", "open", "inspect", "sign", "verify-signature", "watermark embed", "watermark detect", "keys list", "keys rotate", "log verify", "serve", "completion" })
        {
            Cli.Outcome help = _cli.Run([.. command.Split(' '), "--help"]);
            Assert.Equal(0, help.Code);
            Assert.Contains("Examples:", help.Output, StringComparison.Ordinal);
            Assert.Contains($"bulwark {command}", help.Output, StringComparison.Ordinal);
        }
    }
}
