namespace Bulwark.Scanning.Templates;

/// <content>Tags.</content>
internal sealed partial class JinjaParser
{
    private readonly Stack<(string Tag, int Offset)> _open = new();

    /// <summary>Parses the whole template. A tag that does not parse is reported and stepped over.</summary>
    public void Parse()
    {
        Declare();
        while (Current.Kind != JinjaTokenKind.End)
        {
            JinjaToken begin = Advance();
            _depth = 0;
            try
            {
                if (begin.Kind == JinjaTokenKind.OutputBegin)
                    Tuple();
                else if (begin.Kind == JinjaTokenKind.BlockBegin)
                    Tag();
                if (Current.Kind is not (JinjaTokenKind.OutputEnd or JinjaTokenKind.BlockEnd or JinjaTokenKind.End))
                    throw new JinjaSyntaxException("something follows the end of an expression", Current.Offset);
            }
            catch (JinjaSyntaxException e)
            {
                analysis.Add(TemplateRules.Malformed, e.Offset, $"It does not parse: {e.Message}.");
            }

            while (Current.Kind is not (JinjaTokenKind.OutputBegin or JinjaTokenKind.BlockBegin or JinjaTokenKind.End))
                Advance();
        }

        if (_open.TryPeek(out (string Tag, int Offset) left))
            analysis.Add(TemplateRules.Malformed, left.Offset, $"The tag '{left.Tag}' is not closed.");
    }

    /// <summary>Notes which names the template itself gives: a macro called "open" is not Python's.</summary>
    private void Declare()
    {
        for (int i = 0; i + 2 < tokens.Count; i++)
        {
            if (tokens[i].Kind != JinjaTokenKind.BlockBegin || tokens[i + 1] is not { Kind: JinjaTokenKind.Name, Text: "set" or "for" or "macro" or "with" or "call" } tag)
                continue;
            for (int j = i + 2; j < tokens.Count && tokens[j].Kind != JinjaTokenKind.BlockEnd && !tokens[j].IsName("in") && !tokens[j].Is("=") && !(tag.Text == "with" && j > i + 3); j++)
            {
                // ns.x = ... gives no name.
                if (tokens[j].Kind == JinjaTokenKind.Name && !tokens[j - 1].Is(".") && !(j + 1 < tokens.Count && tokens[j + 1].Is(".")))
                    analysis.Own(tokens[j].Text);
            }
        }
    }

    private void Tag()
    {
        JinjaToken tag = Current;
        string name = ExpectName();
        switch (name)
        {
            case "set":
                Set(tag);
                break;
            case "for":
                For(tag);
                break;
            case "if":
                Tuple();
                _open.Push((name, tag.Offset));
                break;
            case "elif":
                Inside(tag, "if");
                Tuple();
                break;
            case "else":
                Inside(tag, "if", "for", "trans");
                break;
            case "macro" or "call":
                Macro(name == "call");
                _open.Push((name, tag.Offset));
                break;
            case "filter":
                SkipTag();
                _open.Push((name, tag.Offset));
                break;
            case "with" or "block" or "autoescape" or "trans" or "generation":
                With(name);
                _open.Push((name, tag.Offset));
                break;
            case "include" or "extends" or "import" or "from":
                JinjaValue file = Expression();
                analysis.Load(file, tag.Offset);
                SkipTag();
                break;
            case "do":
                Tuple();
                break;
            case "debug":
                analysis.Add(TemplateRules.ForeignObject, tag.Offset, "It writes out all variables and filters.");
                SkipTag();
                break;
            case "break" or "continue" or "pluralize" or "raw" or "endraw":
                SkipTag();
                break;
            case ['e', 'n', 'd', .. var opened]:
                if (!_open.TryPop(out (string Tag, int Offset) last) || last.Tag != opened)
                    throw new JinjaSyntaxException($"'{name}' closes nothing that is open", tag.Offset);
                SkipTag();
                break;
            default:
                throw new JinjaSyntaxException("the tag is unknown", tag.Offset);
        }
    }

    private void Inside(JinjaToken tag, params ReadOnlySpan<string> around)
    {
        if (!_open.TryPeek(out (string Tag, int Offset) last) || !around.Contains(last.Tag))
            throw new JinjaSyntaxException($"'{tag.Text}' stands in no tag it belongs to", tag.Offset);
    }

    private void Set(JinjaToken tag)
    {
        int first = _at;
        string target = Target();
        bool several = false;
        while (Skip(","))
        {
            several = true;
            Target();
        }

        if (Skip("="))
        {
            JinjaValue value = Tuple();
            if (!several)
                analysis.Set(target, value);
            return;
        }

        // A block: what it sets is rendered text.
        if (several || _at == first)
            throw new JinjaSyntaxException("'=' is missing", Current.Offset);
        analysis.Forget(target);
        SkipTag();
        _open.Push(("set", tag.Offset));
    }

    private string Target()
    {
        if (Skip("("))
        {
            string inner = Target();
            while (Skip(","))
                Target();
            Expect(")");
            return inner;
        }

        string name = ExpectName();
        while (Skip("."))
            name += "." + ExpectName();
        return name;
    }

    private void For(JinjaToken tag)
    {
        analysis.Forget(Target());
        while (Skip(","))
        {
            if (Current.Kind == JinjaTokenKind.Name && !Current.IsName("in") || Current.Is("("))
                analysis.Forget(Target());
        }

        if (!SkipName("in"))
            throw new JinjaSyntaxException("'in' is missing", Current.Offset);
        Tuple(conditional: false);
        if (SkipName("if"))
            Expression();
        SkipName("recursive");
        _open.Push(("for", tag.Offset));
    }

    private void Macro(bool call)
    {
        if (!call)
            ExpectName();
        if (Skip("("))
        {
            while (!Skip(")"))
            {
                analysis.Forget(ExpectName());
                if (Skip("="))
                    Expression();
                if (!Current.Is(")"))
                    Expect(",");
            }
        }

        if (call)
            Tuple();
    }

    private void With(string name)
    {
        if (name != "with")
        {
            SkipTag();
            return;
        }

        while (Current.Kind == JinjaTokenKind.Name)
        {
            string target = Target();
            Expect("=");
            analysis.Set(target, Expression());
            if (!Skip(","))
                break;
        }
    }

    private void SkipTag()
    {
        while (Current.Kind is not (JinjaTokenKind.BlockEnd or JinjaTokenKind.End))
            Advance();
    }
}
