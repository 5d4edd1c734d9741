namespace Bulwark.Scanning.Templates;

/// <summary>What a token of a Jinja template is.</summary>
internal enum JinjaTokenKind
{
    /// <summary>A tag begins: <c>{%</c>; Text is empty.</summary>
    BlockBegin,

    /// <summary>A tag ends: <c>%}</c>.</summary>
    BlockEnd,

    /// <summary>An output begins: <c>{{</c>.</summary>
    OutputBegin,

    /// <summary>An output ends: <c>}}</c>.</summary>
    OutputEnd,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A string; Text is what it stands for, escapes resolved.</summary>
    String,

    /// <summary>A whole number; Text is its digits.</summary>
    Integer,

    /// <summary>A number with a fraction or exponent.</summary>
    Float,

    /// <summary>An operator or punctuation mark.</summary>
    Operator,

    /// <summary>Nothing follows.</summary>
    End,
}

/// <summary>A token of a Jinja template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text.</param>
/// <param name="Offset">Where it begins, in characters.</param>
/// <param name="Escaped">A string was written with numeric escapes.</param>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Offset, bool Escaped = false)
{
    /// <summary>True for this operator.</summary>
    public bool Is(string op) => Kind == JinjaTokenKind.Operator && Text == op;

    /// <summary>True for this name.</summary>
    public bool IsName(string name) => Kind == JinjaTokenKind.Name && Text == name;
}
