using Bulwark.Fuzzing;
using Bulwark.Storage;

namespace Bulwark.Tests.Fuzzing;

/// <summary>Runs a parser over damaged copies of a file: only a refusal may come out, soon and without much memory.</summary>
internal static class ParserFuzz
{
    /// <summary>Runs it.</summary>
    /// <param name="original">The file.</param>
    /// <param name="focus">Where the damage mostly falls: so many first bytes.</param>
    /// <param name="parse">The parser.</param>
    /// <param name="name">The name the file goes by.</param>
    /// <returns>How many mutants were accepted.</returns>
    public static async Task<int> RunAsync(byte[] original, int focus, Func<IObjectReader, Task> parse, string name = "model.bin")
    {
        Mutator mutator = new(original.Length);
        int accepted = 0;
        for (int i = 0; i < Mutator.Count; i++)
        {
            string? wrong = await FuzzRun.CheckAsync(
                async bytes =>
                {
                    await parse(new MemoryReader(name, bytes));
                    accepted++;
                },
                mutator.Mutate(original, focus));
            Assert.True(wrong is null, $"mutant {i} of {original.Length} bytes: {wrong}");
        }

        return accepted;
    }
}
