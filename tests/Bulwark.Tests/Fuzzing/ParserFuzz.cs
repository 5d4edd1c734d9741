using System.Diagnostics;
using Bulwark.Storage;

namespace Bulwark.Tests.Fuzzing;

/// <summary>Runs a parser over damaged copies of a file: only a refusal may come out, and soon.</summary>
internal static class ParserFuzz
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Runs it.</summary>
    /// <param name="original">The file.</param>
    /// <param name="focus">Where the damage mostly falls: so many first bytes.</param>
    /// <param name="parse">The parser.</param>
    /// <param name="name">The name the file goes by.</param>
    /// <returns>How many mutants were accepted.</returns>
    public static async Task<int> RunAsync(byte[] original, int focus, Func<IObjectReader, Task> parse, string name = "model.bin")
    {
        var mutator = new Mutator(original.Length);
        int accepted = 0;
        for (int i = 0; i < Mutator.Count; i++)
        {
            byte[] mutant = mutator.Mutate(original, focus);
            long start = Stopwatch.GetTimestamp();
            try
            {
                await parse(new MemoryReader(name, mutant));
                accepted++;
            }
            catch (BulwarkException e)
            {
                Assert.Equal(ErrorKind.Refused, e.Kind);
            }
            catch (Exception e)
            {
                Assert.Fail($"mutant {i} of {original.Length} bytes: {e}");
            }

            TimeSpan spent = Stopwatch.GetElapsedTime(start);
            Assert.True(spent < Patience, $"mutant {i} of {original.Length} bytes took {spent}");
        }

        return accepted;
    }
}
