using Bulwark.Models;

namespace Bulwark.Scanning.Templates;

/// <summary>Judges what a template does with names and values, whoever finds them.</summary>
/// <param name="context">Receives findings.</param>
/// <param name="path">Where the template stands.</param>
internal sealed class JinjaAnalysis(ScanContext context, string path)
{
    private const long MostIterations = 100_000;
    private const long LongestRepetition = 1_000_000;

    private readonly Dictionary<string, JinjaValue> _variables = new(StringComparer.Ordinal);
    private readonly HashSet<string> _own = new(StringComparer.Ordinal);

    public void Add(ScanRule rule, int offset, string message) => context.Add(rule, path, offset, message);

    /// <summary>A name the template gives itself: what has it is the template's, whatever else has the same name.</summary>
    public void Own(string name) => _own.Add(name);

    public void Set(string name, JinjaValue value) => _variables[name] = value;

    public void Forget(string name) => _variables.Remove(name);

    /// <summary>Judges tokens alone, so that a template that does not parse is judged too.</summary>
    public void Tokens(List<JinjaToken> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            JinjaToken token = tokens[i];
            switch (token.Kind)
            {
                case JinjaTokenKind.Name when i > 0 && tokens[i - 1].Is("."):
                    bool called = i + 1 < tokens.Count && tokens[i + 1].Is("(");
                    Attribute(token.Text, token.Offset, called);
                    break;
                case JinjaTokenKind.Name when JinjaNames.IsDunder(token.Text):
                    Add(JinjaNames.IsIntrospection(token.Text) ? TemplateRules.CodeExecution : TemplateRules.PrivateAttribute, token.Offset, $"It names {ModelFormatException.Quote(token.Text)}.");
                    break;
                case JinjaTokenKind.Name when !_own.Contains(token.Text) && i + 1 < tokens.Count:
                    Name(token, tokens[i + 1], tokens.ElementAtOrDefault(i + 2));
                    break;
                case JinjaTokenKind.String:
                    Literal(token);
                    break;
            }
        }
    }

    /// <summary>The value of a variable.</summary>
    public JinjaValue Variable(string name) => _variables.TryGetValue(name, out JinjaValue? value) ? value with { IsLiteral = false, Root = name } : new JinjaValue { Root = name };

    /// <summary>A text that was put together.</summary>
    public JinjaValue Made(JinjaValue value, int offset, params ReadOnlySpan<JinjaValue> parts)
    {
        if (value is { IsBuilt: true, Text: { } text } && JinjaNames.Within(text) is { } name)
        {
            foreach (JinjaValue part in parts)
            {
                if (part.Text is { } own && JinjaNames.Within(own) == name)
                    return value;
            }

            Add(TemplateRules.Obfuscation, offset, $"It puts {ModelFormatException.Quote(name)} together.");
        }

        return value;
    }

    /// <summary>An element taken by a key.</summary>
    public JinjaValue Subscript(JinjaValue target, JinjaValue key, int offset)
    {
        if (key.Number is { } number)
            return target.IsConstant ? target.Index(number) : target with { Member = null };
        if (key.Text is { } name)
        {
            Key(name, key.IsBuilt, offset);
            return target with { Text = null, Number = null, Items = null, IsLiteral = false, Member = name };
        }

        bool written = target is { IsLiteral: true, Root: null } && (target.Text is not null || target.Items is { Count: 0 });
        if (written || (target.Root is { } root && JinjaNames.IsGlobal(root) && !_own.Contains(root)))
            Add(TemplateRules.AttributeFilter, offset, "It takes a member of a written-out value or of a Jinja object by a computed name.");
        return new JinjaValue { Root = target.Root };
    }

    /// <summary>An attribute taken by the attr filter or by a filter that takes names.</summary>
    public void Key(string name, bool built, int offset)
    {
        foreach (string part in name.Split('.'))
        {
            if (JinjaNames.IsIntrospection(part) || JinjaNames.IsInner(part))
                Add(built ? TemplateRules.Obfuscation : TemplateRules.ObjectTraversal, offset, $"It takes the attribute {ModelFormatException.Quote(part)}.");
        }
    }

    /// <summary>A filter.</summary>
    public JinjaValue Filter(JinjaValue value, string filter, List<JinjaValue> arguments, int offset)
    {
        switch (filter)
        {
            case "attr":
                if (arguments is [{ Text: { } name }, ..])
                    Key(name, arguments[0].IsBuilt, offset);
                else
                    Add(TemplateRules.AttributeFilter, offset, "It uses the attr filter with a computed name.");
                return JinjaValue.Unknown with { Root = value.Root };
            case "map" when arguments is [{ Text: "attr" }, ..]:
                if (arguments is not [_, { Text: not null }, ..])
                    Add(TemplateRules.AttributeFilter, offset, "It maps the attr filter with a computed name.");
                break;
            case "string" when value.Member is "|select" or "|map" or "|batch" or "|reject":
                Add(TemplateRules.Obfuscation, offset, "It takes letters out of the description of an object.");
                break;
            case "center" or "indent" when arguments.Any(a => a.Number > LongestRepetition):
                Add(TemplateRules.Exhaustion, offset, $"The filter {filter} makes more than {LongestRepetition} characters.");
                break;
            case "format":
                Format(value, offset);
                break;
        }

        JinjaValue result = value.Apply(filter, arguments);
        return Made(result with { Member = "|" + filter }, offset, [value, .. arguments]);
    }

    /// <summary>A call.</summary>
    public JinjaValue Call(JinjaValue target, JinjaValue? owner, List<JinjaValue> arguments, int offset)
    {
        if (owner is not null && target.Member is { } method)
        {
            if (method is "format" or "format_map")
                Format(owner, offset);
            if (method is "ljust" or "rjust" or "center" or "zfill" && arguments.Any(a => a.Number > LongestRepetition))
                Add(TemplateRules.Exhaustion, offset, $"{method} makes more than {LongestRepetition} characters.");
            return Made(owner.Apply(method, arguments), offset, [owner, .. arguments, .. arguments.SelectMany(a => a.Items ?? [])]);
        }

        switch (target.Root)
        {
            case "range" when target.Member is null && arguments.Any(a => Math.Abs(a.Number ?? 0) > MostIterations):
                Add(TemplateRules.Exhaustion, offset, $"It loops more than {MostIterations} times.");
                break;
            case "chr" when arguments is [{ Number: { } code }]:
                return JinjaValue.Built(JinjaValue.Character(code));
            case "dict" when target.Member is null:
                // dict(a=1)|join joins the names.
                return JinjaValue.Of([.. arguments.Where(a => a.Member is not null).Select(a => JinjaValue.Of(a.Member!))]);
        }

        return new JinjaValue { Root = target.Root };
    }

    /// <summary>An operator.</summary>
    public JinjaValue Operate(string op, JinjaValue left, JinjaValue right, int offset)
    {
        bool repeated = op == "*" && (left.Number ?? right.Number) > LongestRepetition && (left.Text is not null || right.Text is not null || left.Items is not null || right.Items is not null);
        if (repeated || (op == "**" && right.Number > 1000))
            Add(TemplateRules.Exhaustion, offset, "It makes a value too large to hold.");
        return Made(JinjaValue.Combine(op, left, right), offset, left, right);
    }

    /// <summary>A template named by a tag.</summary>
    public void Load(JinjaValue name, int offset)
    {
        if (name.Items is { Count: > 0 } files)
        {
            // The first of a list that exists.
            foreach (JinjaValue file in files)
                Load(file with { Items = null }, offset);
            return;
        }

        string text = name.Text ?? name.Root ?? "";
        bool outside = text.StartsWith('/') || text.StartsWith('\\') || text.StartsWith('~') || text.Contains("..", StringComparison.Ordinal)
            || text.Contains(':', StringComparison.Ordinal) || JinjaNames.IsModule(text);
        Add(outside ? TemplateRules.OutsideTemplate : TemplateRules.OtherTemplate, offset, $"It loads {ModelFormatException.Quote(text)}.");
    }

    private void Attribute(string name, int offset, bool called)
    {
        if (JinjaNames.IsDunder(name))
            Add(TemplateRules.ObjectTraversal, offset, $"It takes the attribute {ModelFormatException.Quote(name)}.");
        else if (JinjaNames.IsInner(name) || (called && JinjaNames.IsDangerousCall(name)))
            Add(TemplateRules.CodeExecution, offset, $"It uses {ModelFormatException.Quote(name)}.");
        else if (name.StartsWith('_') && name.Length > 1)
            Add(TemplateRules.PrivateAttribute, offset, $"It takes the attribute {ModelFormatException.Quote(name)}.");
    }

    private void Name(JinjaToken token, JinjaToken next, JinjaToken afterNext)
    {
        bool member = next.Is(".") || next.Is("[");
        if (next.Is("(") && JinjaNames.IsFunction(token.Text))
            Add(TemplateRules.CodeExecution, token.Offset, $"It calls {ModelFormatException.Quote(token.Text)}.");
        else if (member && JinjaNames.IsModule(token.Text) && !(token.Text is "requests" or "codecs" or "commands" && next.Is("[")))
            Add(TemplateRules.CodeExecution, token.Offset, $"It uses the Python module {ModelFormatException.Quote(token.Text)}.");
        else if ((member || next.Is("|") || next.Is("(")) && JinjaNames.IsForeign(token.Text))
            Add(TemplateRules.ForeignObject, token.Offset, $"It uses {ModelFormatException.Quote(token.Text)}.");
        else if (token.Text == "config" && (next.Is(".") || (next.Is("[") && afterNext.Kind == JinjaTokenKind.String)) && (afterNext.Text is "items" or "get_namespace" || afterNext.Text.All(c => char.IsAsciiLetterUpper(c) || c == '_')))
            Add(TemplateRules.ForeignObject, token.Offset, $"It reads {ModelFormatException.Quote("config." + afterNext.Text)}.");
    }

    private void Literal(JinjaToken token)
    {
        if (NamesIntrospection(token.Text.Trim()))
            Add(token.Escaped ? TemplateRules.Obfuscation : TemplateRules.ObjectTraversal, token.Offset, $"It names {ModelFormatException.Quote(token.Text)}.");
        else if (token.Escaped && JinjaNames.Within(token.Text) is { } hidden)
            Add(TemplateRules.Obfuscation, token.Offset, $"It hides {ModelFormatException.Quote(hidden)} behind escapes.");
        else if (JinjaNames.IsPiece(token.Text))
            Add(TemplateRules.Obfuscation, token.Offset, $"It has {ModelFormatException.Quote(token.Text)}, a piece of a name that leads out of the sandbox.");
    }

    /// <summary>A name, or a way of names such as filters take: nothing that is prose.</summary>
    private static bool NamesIntrospection(string text)
    {
        const int Longest = 256;
        return text.Length <= Longest && text.All(c => c is '_' or '.' or '[' or ']' || char.IsAsciiLetterOrDigit(c)) && text.Split('.', '[', ']').Any(JinjaNames.IsIntrospection);
    }

    private void Format(JinjaValue format, int offset)
    {
        if (format.Text is not { } text)
            return;
        int open = text.IndexOf('{', StringComparison.Ordinal);
        for (; open >= 0; open = text.IndexOf('{', open + 1))
        {
            int close = text.IndexOf('}', open);
            if (close > 0 && JinjaNames.Within(text[open..close]) is { } name)
                Add(TemplateRules.ObjectTraversal, offset, $"Its format string takes the attribute {ModelFormatException.Quote(name)}.");
        }
    }
}
