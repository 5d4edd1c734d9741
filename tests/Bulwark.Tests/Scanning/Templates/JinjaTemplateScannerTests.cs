using System.Diagnostics;
using Bulwark.Fuzzing;
using Bulwark.Scanning;
using Bulwark.Scanning.Templates;

namespace Bulwark.Tests.Scanning.Templates;

public sealed class JinjaTemplateScannerTests
{
    private static ScanContext Scan(string template)
    {
        var context = new ScanContext(new ScanLimits(), (_, _, _, _, _) => Task.CompletedTask);
        JinjaTemplateScanner.Scan(template, "t", context);
        return context;
    }

    [Theory]
    [InlineData("{{ ''.__class__.__mro__[1].__subclasses__()[40]('/etc/passwd').read() }}")]
    [InlineData("{{ ''|attr('__class__')|attr('__mro__')|attr('__getitem__')(1) }}")]
    [InlineData("{% include ['/etc/passwd', 'x'] %}")]
    [InlineData("{{ self._TemplateReference__context.joiner }}")]
    [InlineData("{% macro f() %}x{% endmacro %}{{ f._environment }}")]
    [InlineData("{{ messages|attr(x) }}")]
    [InlineData("{{ ''[request.args.a] }}")]
    [InlineData("{{ ()['__cla' ~ 'ss__'] }}")]
    [InlineData("{{ ()['__cla' 'ss__'] }}")]
    [InlineData("{{ ()['__cla' + 'ss__'] }}")]
    [InlineData("{{ ()[['__cla', 'ss__']|join] }}")]
    [InlineData("{{ ()[('__cla', 'ss__')|join('')] }}")]
    [InlineData("{{ ()[''.join(['__cla', 'ss__'])] }}")]
    [InlineData("{{ ()['__ssalc__'[::-1]] }}")]
    [InlineData("{{ ()['__ssalc__'|reverse] }}")]
    [InlineData("{{ ()['__CLASS__'|lower] }}")]
    [InlineData("{{ ()['__CLASS__'.lower()] }}")]
    [InlineData("{{ ()['__cXlass__'|replace('X', '')] }}")]
    [InlineData("{{ ()['%s%s'|format('__cla', 'ss__')] }}")]
    [InlineData("{{ ()['%c%cclass%c%c' % (95, 95, 95, 95)] }}")]
    [InlineData("{{ ()['{}{}'.format('__cla', 'ss__')] }}")]
    [InlineData("{{ ()['{0:c}{0:c}class{0:c}{0:c}'.format(95)] }}")]
    [InlineData("{{ ()['_' * 2 ~ 'class' ~ '_' * 2] }}")]
    [InlineData("{{ ()[dict(__cla=a, ss__=b)|join] }}")]
    [InlineData("{{ ()[{'__cla': 1, 'ss__': 2}|join] }}")]
    [InlineData(@"{{ ()['\x5f\x5fclass\x5f\x5f'] }}")]
    [InlineData(@"{{ ()['\u005f\u005fclass\u005f\u005f'] }}")]
    [InlineData(@"{{ ()['\137\137class\137\137'] }}")]
    [InlineData(@"{{ ()['\N{LOW LINE}\N{LOW LINE}class__'] }}")]
    [InlineData("{% set a = '__cla' %}{% set b = a ~ 'ss__' %}{{ ''[b] }}")]
    [InlineData("{% set ns = namespace() %}{% set ns.a = '__cla' %}{{ ''[ns.a ~ 'ss__'] }}")]
    [InlineData("{% with a = '__cla' %}{{ ''[a ~ 'ss__'] }}{% endwith %}")]
    [InlineData("{% set u = '_' %}{{ ''|attr(u ~ u ~ 'class' ~ u ~ u) }}")]
    [InlineData("{% for c in ['__class__'] %}{{ ''|attr(c) }}{% endfor %}")]
    [InlineData("{% set o = chr(95) ~ chr(95) ~ 'class' ~ chr(95) ~ chr(95) %}{{ x[o] }}")]
    [InlineData("{{ ''[(config|string)[3]] }}")]
    [InlineData("{{ (()|select|string|list)[24] }}")]
    [InlineData("{{ messages|map(attribute='__class__')|list }}")]
    [InlineData("{{ messages|map('attr', '__class__') }}")]
    [InlineData("{{ messages|map('attr', x) }}")]
    [InlineData("{{ messages|groupby('role.__class__') }}")]
    [InlineData("{{ '{0.__class__}'.format(messages) }}")]
    [InlineData("{{ '{0[__class__]}'.format_map(messages) }}")]
    [InlineData("{{ lipsum.__globals__.os.popen('id').read() }}")]
    [InlineData("{{ lipsum['__globals__']['os']['popen']('id') }}")]
    [InlineData("{{ cycler.__init__.__globals__.os }}")]
    [InlineData("{{ joiner.__init__.__globals__ }}")]
    [InlineData("{{ namespace.__init__.__globals__ }}")]
    [InlineData("{{ self._TemplateReference__context.cycler.__init__ }}")]
    [InlineData("{{ x.func_globals }}")]
    [InlineData("{{ x.gi_frame.f_globals }}")]
    [InlineData("{{ x.mro() }}")]
    [InlineData("{{ eval('1') }}")]
    [InlineData("{{ open('/etc/passwd').read() }}")]
    [InlineData("{{ getattr(messages, 'x') }}")]
    [InlineData("{{ __import__('os') }}")]
    [InlineData("{{ os.popen('id').read() }}")]
    [InlineData("{{ subprocess.check_output('id') }}")]
    [InlineData("{{ a.b.system('id') }}")]
    [InlineData("{{ a['b'].Popen('id') }}")]
    [InlineData("{% include '/etc/passwd' %}")]
    [InlineData("{% include '../../secret' %}")]
    [InlineData("{% import 'http://example.invalid/x' as x %}")]
    [InlineData("{% import os %}")]
    [InlineData("{% from 'os' import system %}")]
    [InlineData("{% if messages.__class__ %}{% endif %}")]
    [InlineData("{% if x is defined and y.__class__ %}{% endif %}")]
    [InlineData("{{ x if y.__class__ else z }}")]
    [InlineData("{%- macro m(a=().__class__) -%}{%- endmacro -%}")]
    [InlineData("{# harmless #}{% raw %}{{ ok }}{% endraw %}{{ ().__class__ }}")]
    [InlineData("{{ {'a': [1, (2, ().__class__)]} }}")]
    [InlineData("{{ x[('zz' if a else '__cla') ~ 'ss__'] }}")]
    [InlineData("{% if a %}{% set b = '__glo' %}{% else %}{% set b = 'x' %}{% endif %}{{ m[b ~ c] }}")]
    [InlineData("{{ ().__class__ ")]
    [InlineData("{{ ) ().__class__ }}{{ ().__class__ }}")]
    [InlineData("{% bogus %}{{ ().__class__ }}")]
    public void An_escape_from_the_sandbox_is_malicious(string template)
    {
        ScanContext context = Scan(template);
        Assert.True(context.Verdict == Verdict.Malicious, $"{context.Verdict} {context.Describe()}");
    }

    [Theory]
    [InlineData("{{ unclosed", "BWS1560")]
    [InlineData("{{ 'unclosed }}", "BWS1560")]
    [InlineData("{# unclosed", "BWS1560")]
    [InlineData("{% raw %}{{", "BWS1560")]
    [InlineData("{% for x in y %}", "BWS1560")]
    [InlineData("{% endfor %}", "BWS1560")]
    [InlineData("{% if x %}{% endfor %}", "BWS1560")]
    [InlineData("{% else %}", "BWS1560")]
    [InlineData("{% unknown %}", "BWS1560")]
    [InlineData("{{ a b }}", "BWS1560")]
    [InlineData("{{ (a] }}", "BWS1560")]
    [InlineData("{{ a. }}", "BWS1560")]
    [InlineData("{{ \u00A7 }}", "BWS1560")]
    [InlineData("{{ request.args }}", "BWS1555")]
    [InlineData("{{ self.title() }}", "BWS1555")]
    [InlineData("{{ config.SECRET_KEY }}", "BWS1555")]
    [InlineData("{{ config.items() }}", "BWS1555")]
    [InlineData("{{ message._private }}", "BWS1556")]
    [InlineData("{% include 'header.jinja' %}", "BWS1557")]
    [InlineData("{% for x in range(1000000000) %}{% endfor %}", "BWS1559")]
    [InlineData("{{ 'A' * 10000000000 }}", "BWS1559")]
    [InlineData("{{ 10 ** 1000000 }}", "BWS1559")]
    [InlineData("{{ 'A'|center(1000000000) }}", "BWS1559")]
    [InlineData("{{ 'A'.ljust(1000000000) }}", "BWS1559")]
    public void What_is_odd_or_broken_is_suspicious(string template, string rule)
    {
        ScanContext context = Scan(template);
        Assert.True(context.Verdict == Verdict.Suspicious, $"{context.Verdict} {context.Describe()}");
        Assert.Contains(rule, context.Findings.Select(f => f.Rule.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain text with __class__ and { braces } and os.system('x')")]
    [InlineData("{# ().__class__ #}")]
    [InlineData("{% raw %}{{ ().__class__ }}{% endraw %}")]
    [InlineData("{{ 'Never call eval(), os.system() or obj.__class__ in the code you write.' }}")]
    [InlineData("{%- set ns = namespace(found=false, i=0) -%}{%- for m in messages -%}{%- if m.role == 'tool' and not ns.found -%}{%- set ns.found = true -%}{%- endif -%}{%- endfor -%}")]
    [InlineData("{{ raise_exception('Roles must alternate') if messages|length % 2 else '' }}{{ strftime_now('%d %b %Y') }}")]
    [InlineData("{%- macro render(x, y='a', z=none) -%}{{ x|tojson(indent=4) }}{%- endmacro -%}{{ render(tools, y='b') }}")]
    [InlineData("{% for k, v in tool.items() if v is not none and k not in ['a', 'b'] %}{{ loop.index0 ~ ': ' ~ v|string }}{% else %}none{% endfor %}")]
    [InlineData("{{ message['content'].split('</think>')[-1].lstrip('\\n') }}{{ messages[1:][::-1][0].content }}")]
    [InlineData("{% generation %}{{ message.content|trim }}{% endgeneration %}{% break %}{% continue %}")]
    [InlineData("{% set content %}text {{ x }}{% endset %}{% set a, b = 1, 2 %}{{ 'x' * 3 ~ a }}")]
    [InlineData("{% call(user) list_users() %}{{ user }}{% endcall %}{% filter upper %}a{% endfilter %}")]
    [InlineData("{{ {'user': 'U', 'assistant': 'A'}[message.role] }}{{ tools|selectattr('type', 'equalto', 'function')|map(attribute='name')|join(', ') }}")]
    [InlineData("{{ message.class }}{{ message.system }}{{ '%s: %s' % (a, b) }}{{ '{}'.format(x) }}")]
    [InlineData("{%- macro open(x) -%}{{ x }}{%- endmacro -%}{{ open('a') }}{% set sys = messages[0] %}{{ sys.content }}")]
    [InlineData("{{ x is divisibleby 3 }}{{ y is in [1, 2] }}{{ z is not mapping and z is iterable }}{{ -1 ** 2 }}{{ not a in b }}")]
    [InlineData("{{ obj.x.0.1 }}{{ 1e3 + 0x10 }}{{ 'a' 'b' }}{{ }}")]
    public void What_genuine_templates_do_is_benign(string template)
    {
        ScanContext context = Scan(template.Replace("{{ }}", "", StringComparison.Ordinal));
        Assert.True(context.Verdict == Verdict.Benign, context.Describe());
    }

    [Fact]
    public void Hostile_nesting_and_length_cost_neither_stack_nor_time()
    {
        long start = Stopwatch.GetTimestamp();
        string[] templates =
        [
            "{{ " + new string('(', 200_000) + " }}",
            "{{ " + new string('[', 200_000) + new string(']', 200_000) + " }}",
            "{{ " + string.Concat(Enumerable.Repeat("not ", 200_000)) + "a }}",
            "{{ " + string.Concat(Enumerable.Repeat("a if b else ", 100_000)) + "c }}",
            "{{ " + string.Concat(Enumerable.Repeat("-", 500_000)) + "1 }}",
            "{{ a" + string.Concat(Enumerable.Repeat("|b", 300_000)) + " }}",
            "{{ 'a'" + string.Concat(Enumerable.Repeat(" ~ 'a'", 100_000)) + " }}",
            "{% set a = 'aaaaaaaa' %}" + string.Concat(Enumerable.Repeat("{% set a = a ~ a %}", 20_000)) + "{{ a }}",
            "{% set a = ['a'] %}" + string.Concat(Enumerable.Repeat("{% set a = a + a %}", 20_000)) + "{{ a|join }}",
            string.Concat(Enumerable.Repeat("{% if a %}", 100_000)),
            string.Concat(Enumerable.Repeat("{{", 500_000)),
            string.Concat(Enumerable.Repeat("{% raw %}", 100_000)),
            new string('{', 1_000_000),
            "{{ '" + new string('_', 1_000_000) + "' }}",
            "{{ '" + string.Concat(Enumerable.Repeat("{__a", 200_000)) + "'.format(1) }}",
            "{{ 'aaaa'|replace('a', '" + new string('b', 4000) + "')|replace('b', '" + new string('c', 4000) + "') }}",
            "{{ 'a'[0:9999999999999:1] ~ 'a'[::-9223372036854775807] ~ 'a' * 9223372036854775807 }}",
        ];
        foreach (string template in templates)
        {
            Scan(template);
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), template[..Math.Min(60, template.Length)]);
        }
    }

    [Fact]
    public void Damaged_templates_never_stop_the_analysis()
    {
        const string Template = """
            {%- set ns = namespace(a='x') -%}{% for m in messages[1:] if m.role != 'tool' %}{%- if loop.first and m['content'] is string -%}
            {{ '<|' ~ m['role'] ~ '|>' + m.content|trim|replace("a", 'b') }}{% elif m is defined %}{{ {'a': (1, 2.5)}[k]|tojson(indent=2) }}{% else %}
            {% set ns.a = "\x41\u0042" ~ '%s' % x %}{% endif %}{# c #}{% raw %}{{{% endraw %}{% endfor %}{% macro f(a, b='c') %}{{ caller() }}{% endmacro %}
            """;
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(Template);
        var mutator = new Mutator(1);
        for (int i = 0; i < Mutator.Count * 5; i++)
            Scan(System.Text.Encoding.UTF8.GetString(mutator.Mutate(bytes)));
    }
}
