using System.Collections.Immutable;

namespace Bulwark.Models.TensorFlow;

/// <summary>A node of a graph or of a function.</summary>
internal sealed class TensorFlowNode
{
    /// <summary>The most inputs that are kept.</summary>
    public const int MostInputs = 4;

    /// <summary>The most attributes and strings that are kept.</summary>
    public const int MostTexts = 16;

    /// <summary>Its name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its operation.</summary>
    public string Operation { get; set; } = "";

    /// <summary>An operation that stands before it in the same node, where a node has two.</summary>
    public string? OtherOperation { get; set; }

    /// <summary>The function it is in; null for the graph itself.</summary>
    public string? Function { get; init; }

    /// <summary>Names of its first inputs.</summary>
    public List<string> Inputs { get; } = [];

    /// <summary>Text of its attributes, by their keys.</summary>
    public List<(string Key, string Text)> Attributes { get; } = [];

    /// <summary>The first strings of its constant.</summary>
    public List<string> Strings { get; } = [];

    /// <summary>Offset in the file.</summary>
    public long Offset { get; init; }

    /// <summary>Number of the type of its constant; 0 when it has none.</summary>
    public long DataType { get; set; }

    /// <summary>Dimensions of its constant; null when one is unknown.</summary>
    public ImmutableArray<long>.Builder Shape { get; } = ImmutableArray.CreateBuilder<long>();

    /// <summary>Where the content of its constant lies, when it is stored as bytes.</summary>
    public (long Offset, long Length)? Content { get; set; }
}
