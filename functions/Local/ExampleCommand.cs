using System.CommandLine;

namespace Bulwark.Functions.Local;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Command lines that work as printed, each with what it does after two spaces and a #.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}
