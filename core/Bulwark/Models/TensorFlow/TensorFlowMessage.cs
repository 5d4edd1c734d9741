namespace Bulwark.Models.TensorFlow;

/// <summary>Messages of TensorFlow's protocol buffers that are walked into.</summary>
internal enum TensorFlowMessage
{
    SavedModel,
    MetaGraph,
    Graph,
    Node,
    Attribute,
    Value,
    FunctionName,
    Tensor,
    Shape,
    Dimension,
    Library,
    Function,
    Signature,
    Saver,
    Asset,
    SavedMetadata,
    SavedObject,
}

/// <summary>Which fields of a message are messages that are walked into, and which are text that is kept.</summary>
/// <remarks>
/// <code>
/// SavedModel     1 schema version, 2 meta graphs                  Tensor     1 type, 2 shape, 4 content, 5.. values, 8 strings
/// MetaGraph      1 info, 2 graph, 3 saver, 5 signatures, 6 assets  Shape      2 dimensions {1 size}, 3 unknown rank
/// Graph          1 nodes, 2 library                               Library    1 functions
/// Node           1 name, 2 operation, 3 inputs, 5 attributes       Function   1 signature {1 name}, 3 nodes
/// Attribute      1 key, 2 value                                   Saver      1 file name tensor, 2 save tensor, 3 restore operation
/// Value          2 bytes, 8 tensor, 10 function {1 name}           Asset      2 file name
/// SavedMetadata  1 objects {2 path, 3 identifier, 4 metadata}      (keras_metadata.pb)
/// </code>
/// Source: tensorflow/core/protobuf/{saved_model,meta_graph,saver}.proto, tensorflow/core/framework/{graph,node_def,attr_value,tensor,function}.proto.
/// </remarks>
internal static class TensorFlowSchema
{
    /// <summary>The message a field holds; null for anything that is stepped over or kept as it is.</summary>
    public static TensorFlowMessage? Child(TensorFlowMessage message, int field) => (message, field) switch
    {
        (TensorFlowMessage.SavedModel, 2) => TensorFlowMessage.MetaGraph,
        (TensorFlowMessage.MetaGraph, 2) => TensorFlowMessage.Graph,
        (TensorFlowMessage.MetaGraph, 3) => TensorFlowMessage.Saver,
        (TensorFlowMessage.MetaGraph, 6) => TensorFlowMessage.Asset,
        (TensorFlowMessage.Graph, 1) or (TensorFlowMessage.Function, 3) => TensorFlowMessage.Node,
        (TensorFlowMessage.Graph, 2) => TensorFlowMessage.Library,
        (TensorFlowMessage.Library, 1) => TensorFlowMessage.Function,
        (TensorFlowMessage.Function, 1) => TensorFlowMessage.Signature,
        (TensorFlowMessage.Node, 5) => TensorFlowMessage.Attribute,
        (TensorFlowMessage.Attribute, 2) => TensorFlowMessage.Value,
        (TensorFlowMessage.Value, 8) => TensorFlowMessage.Tensor,
        (TensorFlowMessage.Value, 10) => TensorFlowMessage.FunctionName,
        (TensorFlowMessage.Tensor, 2) => TensorFlowMessage.Shape,
        (TensorFlowMessage.Shape, 2) => TensorFlowMessage.Dimension,
        (TensorFlowMessage.SavedMetadata, 1) => TensorFlowMessage.SavedObject,
        _ => null,
    };

    /// <summary>Whether a field is text, or bytes that may be.</summary>
    public static bool IsText(TensorFlowMessage message, int field) => (message, field) switch
    {
        (TensorFlowMessage.Node, 1 or 2 or 3) or (TensorFlowMessage.Attribute, 1) or (TensorFlowMessage.Value, 2) or (TensorFlowMessage.FunctionName, 1) or (TensorFlowMessage.Signature, 1)
            or (TensorFlowMessage.Saver, 1 or 2 or 3) or (TensorFlowMessage.Asset, 2) or (TensorFlowMessage.Tensor, 8) or (TensorFlowMessage.SavedObject, 2 or 3) => true,
        _ => false,
    };
}
