namespace Bulwark.Scanning.Templates;

/// <summary>Analyses a chat template without rendering it.</summary>
internal static class JinjaTemplateScanner
{
    /// <summary>The longest template that is analysed, in characters; the longest genuine ones have some tens of thousands.</summary>
    public const int MaxLength = 1 << 19;

    /// <summary>Adds what is wrong with a template.</summary>
    /// <param name="template">The template.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="context">Receives findings.</param>
    public static void Scan(string template, string path, ScanContext context)
    {
        if (template.Length > MaxLength)
        {
            context.Add(TemplateRules.Oversized, path, null, $"It has {template.Length} characters; {MaxLength} are analysed.");
            template = template[..MaxLength];
        }

        var lexer = new JinjaLexer(template);
        List<JinjaToken> tokens = lexer.Read();
        var analysis = new JinjaAnalysis(context, path);
        if (lexer.Fault is var (why, offset))
            context.Add(TemplateRules.Malformed, path, offset, $"It does not parse: {why}.");
        var parser = new JinjaParser(tokens, analysis);
        parser.Parse();
        analysis.Tokens(tokens);
    }

    /// <summary>True when a text has a tag or output of Jinja in it.</summary>
    public static bool Looks(ReadOnlySpan<char> text) => text.Contains("{%", StringComparison.Ordinal) || text.Contains("{{", StringComparison.Ordinal);
}
