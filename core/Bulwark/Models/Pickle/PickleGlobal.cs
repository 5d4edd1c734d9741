namespace Bulwark.Models.Pickle;

/// <summary>A class or function by name, not looked up.</summary>
/// <param name="module">Its module.</param>
/// <param name="name">Its qualified name there.</param>
internal sealed class PickleGlobal(string module, string name) : PickleValue
{
    /// <summary>Its module.</summary>
    public string Module { get; } = module;

    /// <summary>Its qualified name there.</summary>
    public string Name { get; } = name;
}
