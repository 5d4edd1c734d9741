using Bulwark.Models;
using Bulwark.Models.TensorFlow;
using Bulwark.Scanning.Keras;

namespace Bulwark.Scanning.SavedModel;

/// <summary>Judges the nodes of one TensorFlow file as they are read. Operations of saving are judged by what is around them, when all nodes are known.</summary>
/// <param name="path">Where the file stands.</param>
/// <param name="context">Receives findings.</param>
internal sealed class GraphJudge(string path, ScanContext context)
{
    private const int MostPaths = 65_536;
    private const int MostSaving = 65_536;
    private const int MostScopes = 65_536;
    private const int LongestWay = 16;

    private readonly Dictionary<(string? Function, string Name), TensorFlowNode> _ways = [];
    private readonly List<TensorFlowNode> _saving = [];
    private readonly Dictionary<string, Scope> _scopes = new(StringComparer.Ordinal);

    [Flags]
    private enum Scope
    {
        None = 0,
        Saves = 1,
        Shards = 2,
    }

    /// <summary>Judges a node.</summary>
    public void Node(TensorFlowNode node)
    {
        foreach (string operation in new[] { node.Operation, node.OtherOperation ?? "" })
        {
            if (operation.Length == 0)
                continue;
            if (GraphOperations.Judge(operation) is { } rule && rule != SavedModelRules.Checkpoint)
                Add(rule, node, operation);
            if (operation is "PrintV2" or "Print")
                Print(node);
            Note(node, operation);
        }
    }

    /// <summary>Judges the name of an asset.</summary>
    public void Asset(string name)
    {
        if (KerasText.IsAddress(name) || KerasText.LeadsOut(name))
            context.Add(SavedModelRules.Asset, path, null, $"An asset is {ModelFormatException.Quote(name)}.");
    }

    /// <summary>Judges what only shows when all nodes are known.</summary>
    public void Complete()
    {
        foreach (TensorFlowNode node in _saving)
        {
            if (FixedName(node) is { } name)
                context.Add(SavedModelRules.FixedPath, path, node.Offset, $"{Describe(node, node.Operation)} works on {ModelFormatException.Quote(name)}.");
            // Shards are merged where they were written, by every exporter and nowhere else.
            if (GraphOperations.Judge(node.Operation) == SavedModelRules.Checkpoint
                && !(node.Operation == "MergeV2Checkpoints" && _scopes.GetValueOrDefault(node.Function ?? "") == (Scope.Saves | Scope.Shards)))
                Add(SavedModelRules.Checkpoint, node, node.Operation);
        }
    }

    private void Note(TensorFlowNode node, string operation)
    {
        string scope = node.Function ?? "";
        if (operation is "SaveV2" or "ShardedFilename" && (_scopes.Count < MostScopes || _scopes.ContainsKey(scope)))
            _scopes[scope] = _scopes.GetValueOrDefault(scope) | (operation == "SaveV2" ? Scope.Saves : Scope.Shards);
        if (GraphOperations.IsSaving(operation) || GraphOperations.Judge(operation) == SavedModelRules.Checkpoint)
        {
            if (_saving.Count < MostSaving)
                _saving.Add(node);
            else
                context.Add(SavedModelRules.Checkpoint, path, node.Offset, $"There are more than {MostSaving} operations on checkpoints; the others were not looked into.");
        }

        if (_ways.Count < MostPaths && (node.Strings.Count > 0 || operation is "Identity" or "StringJoin" or "Select" or "PlaceholderWithDefault" or "Pack" or "ExpandDims" or "Reshape"))
            _ways.TryAdd((node.Function, node.Name), node);
    }

    /// <summary>The path outside the model's folder that an operation works on, if it is written into the graph; followed through what passes text on.</summary>
    private string? FixedName(TensorFlowNode node)
    {
        // A table takes the file's name after itself, everything else first.
        Stack<string> inputs = new(node.Inputs.Take(node.Operation.StartsWith("InitializeTable", StringComparison.Ordinal) ? 2 : 1));
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (inputs.TryPop(out string? input) && seen.Count < LongestWay)
        {
            string name = input.Split(':')[0].TrimStart('^');
            if (!seen.Add(name) || !_ways.TryGetValue((node.Function, name), out TensorFlowNode? source))
                continue;
            if (source.Strings.Find(text => KerasText.IsAddress(text) || KerasText.LeadsOut(text)) is { } text)
                return text;
            foreach (string next in source.Inputs)
                inputs.Push(next);
        }

        return null;
    }

    private void Print(TensorFlowNode node)
    {
        foreach ((string key, string text) in node.Attributes)
        {
            if (key == "output_stream" && text is not ("stderr" or "stdout" or "log(info)" or "log(warning)" or "log(error)"))
                context.Add(SavedModelRules.Files, path, node.Offset, $"{Describe(node, node.Operation)} prints to {ModelFormatException.Quote(text)}.");
        }
    }

    private void Add(ScanRule rule, TensorFlowNode node, string operation) => context.Add(rule, path, node.Offset, $"{Describe(node, operation)}.");

    private static string Describe(TensorFlowNode node, string operation)
    {
        string what = $"The node {ModelFormatException.Quote(node.Name)} is a {ModelFormatException.Quote(operation)}";
        return node.Function is { } function ? $"{what} in the function {ModelFormatException.Quote(function)}" : what;
    }
}
