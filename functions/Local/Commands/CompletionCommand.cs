using System.CommandLine;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark completion SHELL</c>: a script that lets the shell ask this program what may come next.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            _bulwark() {
              local word="${COMP_WORDS[COMP_CWORD]}" found
              COMPREPLY=()
              # Read line by line: 'compgen -W' would run what stands in a file's name.
              while IFS= read -r found; do
                [[ -n "$found" && "$found" == "$word"* ]] && COMPREPLY+=( "$found" )
              done < <(bulwark "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null; compgen -f -- "$word")
            }
            complete -o filenames -o default -F _bulwark bulwark
            """,
        ["zsh"] = """
            #compdef bulwark
            _bulwark() {
              local -a found
              found=("${(@f)$(bulwark "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
              compadd -- ${found:#}
              _files
            }
            compdef _bulwark bulwark
            """,
        ["fish"] = """
            complete -c bulwark -a '(bulwark "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName bulwark -ScriptBlock {
              param($word, $ast, $position)
              bulwark "[suggest:$position]" "$ast" | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
            }
            """,
    };

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string> shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh." }.AcceptOnlyFromAmong([.. Scripts.Keys]);
        return new ExampleCommand(
            "completion",
            "Print a completion script for your shell.",
            "source <(bulwark completion bash)",
            "bulwark completion fish > ~/.config/fish/completions/bulwark.fish")
        {
            shell,
        }.Does((parsed, _, _) =>
        {
            Console.Out.WriteLine(Scripts[parsed.GetValue(shell)!]);
            return Task.FromResult(ExitCode.Good);
        });
    }
}
