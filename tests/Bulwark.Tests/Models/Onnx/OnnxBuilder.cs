namespace Bulwark.Tests.Models.Onnx;

/// <summary>The parts of small ONNX models.</summary>
internal static class OnnxBuilder
{
    public static byte[] Model(Proto graph, Action<Proto>? more = null)
    {
        Proto model = new Proto().Number(1, 8).Text(2, "test").Message(7, graph).Message(8, new Proto().Number(2, 13));
        more?.Invoke(model);
        return model.Build();
    }

    public static Proto Tensor(string name, long[] dimensions, int type, byte[]? raw, Action<Proto>? more = null)
    {
        var tensor = new Proto();
        foreach (long dimension in dimensions)
            tensor.Number(1, dimension);
        tensor.Number(2, type);
        if (name.Length > 0)
            tensor.Text(8, name);
        if (raw is not null)
            tensor.Bytes(9, raw);
        more?.Invoke(tensor);
        return tensor;
    }

    public static Proto Floats(string name, int count = 2) => Tensor(name, [count], 1, new byte[count * 4]);

    public static Proto Graph(params Proto[] initializers)
    {
        Proto graph = Node(new Proto(), "Add", "out");
        graph.Text(2, "g");
        foreach (Proto tensor in initializers)
            graph.Message(5, tensor);
        return graph;
    }

    public static Proto Node(Proto graph, string type, string output, Proto? attribute = null, string domain = "", string name = "") =>
        graph.Message(1, Node(type, output, attribute, domain, name));

    public static Proto Node(string type, string output, Proto? attribute = null, string domain = "", string name = "")
    {
        Proto node = new Proto().Text(1, "in").Text(2, output).Text(3, name).Text(4, type);
        if (attribute is not null)
            node.Message(5, attribute);
        if (domain.Length > 0)
            node.Text(7, domain);
        return node;
    }

    public static Proto Attribute(string name, int field, Proto value) => new Proto().Text(1, name).Message(field, value);

    public static Proto External(string name, params (string Key, string Value)[] entries) => Tensor(name, [1], 1, null, t =>
    {
        foreach ((string key, string value) in entries)
            t.Message(13, new Proto().Text(1, key).Text(2, value));
        t.Number(14, 1);
    });
}
