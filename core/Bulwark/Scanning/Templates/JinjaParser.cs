using System.Globalization;

namespace Bulwark.Scanning.Templates;

/// <summary>Parses the tags and outputs of a template and follows constants through them; nothing is evaluated.</summary>
/// <remarks>After jinja2/parser.py. Nesting is bounded by <see cref="MaxDepth"/>, far above any genuine template.</remarks>
/// <param name="tokens">The template's tokens.</param>
/// <param name="analysis">Judges what is found.</param>
internal sealed partial class JinjaParser(List<JinjaToken> tokens, JinjaAnalysis analysis)
{
    /// <summary>Brackets inside brackets.</summary>
    public const int MaxDepth = 80;

    private int _at;
    private int _depth;

    private JinjaToken Current => tokens[_at];

    private JinjaToken Next => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    private JinjaToken Advance() => tokens[_at < tokens.Count - 1 ? _at++ : _at];

    private bool Skip(string op)
    {
        if (!Current.Is(op))
            return false;
        Advance();
        return true;
    }

    private bool SkipName(string name)
    {
        if (!Current.IsName(name))
            return false;
        Advance();
        return true;
    }

    private void Expect(string op)
    {
        if (!Skip(op))
            throw new JinjaSyntaxException($"'{op}' is missing", Current.Offset);
    }

    private string ExpectName()
    {
        if (Current.Kind != JinjaTokenKind.Name)
            throw new JinjaSyntaxException("a name is missing", Current.Offset);
        return Advance().Text;
    }

    /// <summary>A tuple without parentheses, or one expression.</summary>
    private JinjaValue Tuple(bool conditional = true)
    {
        JinjaValue first = Expression(conditional);
        if (!Current.Is(","))
            return first;
        List<JinjaValue> items = [first];
        while (Skip(","))
        {
            if (Ends())
                break;
            items.Add(Expression(conditional));
        }

        return JinjaValue.Of(items);
    }

    private bool Ends() => Current.Kind is JinjaTokenKind.BlockEnd or JinjaTokenKind.OutputEnd or JinjaTokenKind.End || Current.Is(")") || Current.Is("]") || Current.Is("=");

    private JinjaValue Expression(bool conditional = true)
    {
        if (++_depth > MaxDepth)
            throw new JinjaSyntaxException("it is nested too deeply", Current.Offset);
        JinjaValue value = Binary(0);
        while (conditional && Current.IsName("if"))
        {
            Advance();
            Binary(0);
            JinjaValue other = JinjaValue.Unknown;
            if (SkipName("else"))
                other = Expression();
            // Either may be it; the one that is a constant is followed.
            value = value.IsConstant ? value with { IsLiteral = false } : other with { IsLiteral = false };
        }

        _depth--;
        return value;
    }

    private static int Precedence(JinjaToken token, JinjaToken next) => token.Kind switch
    {
        JinjaTokenKind.Name => token.Text switch
        {
            "or" => 1,
            "and" => 2,
            "in" => 4,
            "not" when next.IsName("in") => 4,
            _ => 0,
        },
        JinjaTokenKind.Operator => token.Text switch
        {
            "==" or "!=" or "<" or ">" or "<=" or ">=" => 4,
            "+" or "-" => 5,
            "~" => 6,
            "*" or "/" or "//" or "%" => 7,
            "**" => 8,
            _ => 0,
        },
        _ => 0,
    };

    private JinjaValue Binary(int least)
    {
        JinjaValue left = Unary();
        while (true)
        {
            JinjaToken op = Current;
            int precedence = Precedence(op, Next);
            if (precedence <= least)
                return left;
            Advance();
            if (op.IsName("not"))
                Advance();
            JinjaValue right = Binary(precedence);
            left = op.Kind == JinjaTokenKind.Operator ? analysis.Operate(op.Text, left, right, op.Offset) : JinjaValue.Unknown;
        }
    }

    private JinjaValue Unary()
    {
        int negations = 0;
        bool not = false;
        while (true)
        {
            if (SkipName("not"))
                not = true;
            else if (Skip("-"))
                negations++;
            else if (!Skip("+"))
                break;
        }

        if (not)
        {
            // "not" binds weaker than comparisons.
            if (++_depth > MaxDepth)
                throw new JinjaSyntaxException("it is nested too deeply", Current.Offset);
            Binary(3);
            _depth--;
            return JinjaValue.Unknown;
        }

        JinjaValue value = Postfix(Primary());
        return negations % 2 == 1 ? value.Number is { } number && number != long.MinValue ? JinjaValue.Of(-number) : JinjaValue.Unknown : value;
    }

    private JinjaValue Primary()
    {
        JinjaToken token = Advance();
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                return token.Text is "true" or "false" or "none" or "True" or "False" or "None" ? JinjaValue.Unknown : analysis.Variable(token.Text);
            case JinjaTokenKind.String:
                JinjaValue text = JinjaValue.Of(token.Text);
                while (Current.Kind == JinjaTokenKind.String)
                {
                    JinjaValue more = JinjaValue.Of(Advance().Text);
                    text = analysis.Made(JinjaValue.Combine("~", text, more), token.Offset, text, more);
                }

                return text;
            case JinjaTokenKind.Integer:
                return long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? JinjaValue.Of(number) : JinjaValue.Of(long.MaxValue);
            case JinjaTokenKind.Float:
                return JinjaValue.Unknown;
        }

        if (token.Is("("))
        {
            if (Skip(")"))
                return JinjaValue.Of([]);
            JinjaValue inner = Tuple();
            Expect(")");
            return inner;
        }

        if (token.Is("["))
            return JinjaValue.Of(Items("]"));
        return token.Is("{") ? Dict() : throw new JinjaSyntaxException("an expression is missing", token.Offset);
    }

    private List<JinjaValue> Items(string close)
    {
        List<JinjaValue> items = [];
        while (!Skip(close))
        {
            items.Add(Expression());
            if (!Current.Is(close))
                Expect(",");
        }

        return items;
    }

    private JinjaValue Dict()
    {
        List<JinjaValue> keys = [];
        while (!Skip("}"))
        {
            keys.Add(Expression());
            Expect(":");
            Expression();
            if (!Current.Is("}"))
                Expect(",");
        }

        return JinjaValue.Of(keys);
    }

    private JinjaValue Postfix(JinjaValue value)
    {
        JinjaValue? owner = null;
        while (true)
        {
            JinjaToken token = Current;
            if (Skip("."))
            {
                JinjaToken member = Advance();
                if (member.Kind is not (JinjaTokenKind.Name or JinjaTokenKind.Integer or JinjaTokenKind.Float))
                    throw new JinjaSyntaxException("an attribute is missing", member.Offset);
                owner = value;
                value = new JinjaValue { Root = value.Root, Member = member.Text };
                if (owner is { Member: null, Root: { } root } && analysis.Variable(root + "." + member.Text) is { IsConstant: true } known)
                    value = known;
            }
            else if (Skip("["))
            {
                owner = null;
                value = Subscript(value, token.Offset);
            }
            else if (Skip("("))
            {
                value = analysis.Call(value, owner, Arguments(), token.Offset);
                owner = null;
            }
            else if (Skip("|"))
            {
                owner = null;
                string filter = ExpectName();
                while (Skip("."))
                    filter += "." + ExpectName();
                value = analysis.Filter(value, filter, Skip("(") ? Arguments() : [], token.Offset);
            }
            else if (token.IsName("is"))
            {
                Advance();
                Test();
                value = JinjaValue.Unknown;
                owner = null;
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaValue Subscript(JinjaValue target, int offset)
    {
        JinjaValue? from = Current.Is(":") ? null : Tuple();
        if (Skip("]"))
            return analysis.Subscript(target, from!, offset);
        JinjaValue? to = null;
        JinjaValue? step = null;
        Expect(":");
        if (!Current.Is(":") && !Current.Is("]"))
            to = Expression();
        if (Skip(":") && !Current.Is("]"))
            step = Expression();
        Expect("]");
        bool known = (from is null || from.Number is not null) && (to is null || to.Number is not null) && (step is null || step.Number is not null);
        JinjaValue slice = known ? target.Slice(from?.Number, to?.Number, step?.Number) : JinjaValue.Unknown;
        return analysis.Made(slice with { Root = target.Root }, offset, target);
    }

    private List<JinjaValue> Arguments()
    {
        List<JinjaValue> arguments = [];
        while (!Skip(")"))
        {
            if (Current.Is("*") || Current.Is("**"))
                Advance();
            if (Current.Kind == JinjaTokenKind.Name && Next.Is("="))
            {
                string name = Advance().Text;
                Advance();
                JinjaValue value = Expression();
                if (name is "attribute" && value.Text is { } taken)
                    analysis.Key(taken, value.IsBuilt, Current.Offset);
                arguments.Add(value with { Member = name });
            }
            else
            {
                arguments.Add(Expression());
            }

            if (!Current.Is(")"))
                Expect(",");
        }

        return arguments;
    }

    private void Test()
    {
        SkipName("not");
        ExpectName();
        while (Skip("."))
            ExpectName();
        if (Skip("("))
            Arguments();
        else if (Current.Kind is JinjaTokenKind.String or JinjaTokenKind.Integer or JinjaTokenKind.Float || Current.Is("[") || Current.Is("{")
            || (Current.Kind == JinjaTokenKind.Name && Current.Text is not ("else" or "or" or "and" or "is" or "if" or "not" or "in" or "recursive")))
            Postfix(Primary());
    }
}
