using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Bulwark.CloudDoubles.Lambda;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests;

/// <summary>The native program: that it runs, and that it fits where it is to run.</summary>
public sealed partial class PublishedProgramTests
{
    private const double MostResidentMebibytes = 64;
    private const long MostZippedBytes = 12_000_000;

    // Amazon Linux 2023.
    private static readonly Version Glibc = new(2, 34);

    [PublishedFact]
    public async Task It_serves_in_little_memory_until_it_is_told_to_end()
    {
        await using LambdaRuntimeDouble lambda = await LambdaRuntimeDouble.StartAsync();
        using LambdaProcess process = LambdaProcess.Start(PublishedFactAttribute.Program, lambda.Address, ProcessTests.Settings);
        Assert.Equal("ignored", (await lambda.InvokeAsync(Bodies.S3Test)).Json.GetProperty("outcome").GetString());
        Assert.Equal("BW2202", (await lambda.InvokeAsync("{}")).ErrorType);
        while (lambda.Nexts < 3)
            await Task.Delay(10);
        process.Process.Refresh();
        Assert.InRange(process.Process.WorkingSet64 / 1048576.0, 1, MostResidentMebibytes);
        process.Terminate();
        Assert.Equal(0, await process.ExitAsync());
        Assert.Equal("", process.Errors);
    }

    [PublishedFact]
    public async Task Every_function_of_the_catalogue_is_in_it()
    {
        foreach (FunctionDefinition function in FunctionCatalogue.All)
        {
            await using LambdaRuntimeDouble lambda = await LambdaRuntimeDouble.StartAsync();
            using LambdaProcess process = LambdaProcess.Start(
                PublishedFactAttribute.Program, lambda.Address, new Dictionary<string, string>(ProcessTests.Settings) { ["_HANDLER"] = function.Name });
            Assert.Equal("ignored", (await lambda.InvokeAsync(Bodies.S3Test)).Json.GetProperty("outcome").GetString());
        }
    }

    [PublishedFact]
    public async Task A_start_that_cannot_be_is_reported()
    {
        await using LambdaRuntimeDouble lambda = await LambdaRuntimeDouble.StartAsync();
        using LambdaProcess process = LambdaProcess.Start(
            PublishedFactAttribute.Program, lambda.Address, new Dictionary<string, string>(ProcessTests.Settings) { ["_HANDLER"] = "none" });
        Assert.Equal("BW2201", (await lambda.InitError.WaitAsync(TimeSpan.FromSeconds(30))).ErrorType);
        Assert.Equal(1, await process.ExitAsync());
    }

    [PublishedFact]
    public void It_is_small_enough_to_be_loaded_quickly()
    {
        using MemoryStream zipped = new();
        using (ZipArchive archive = new(zipped, ZipArchiveMode.Create, leaveOpen: true))
            archive.CreateEntryFromFile(PublishedFactAttribute.Program, "bootstrap", CompressionLevel.SmallestSize);
        Assert.InRange(zipped.Length, 1, MostZippedBytes);
    }

    [PublishedFact]
    public void It_needs_no_newer_library_than_Amazon_Linux_2023_has()
    {
        string symbols = Shell.Run("objdump", "-T", PublishedFactAttribute.Program);
        Version[] needed = [.. GlibcVersion().Matches(symbols).Select(m => Version.Parse(m.Groups[1].Value))];
        Assert.NotEmpty(needed);
        Assert.True(needed.Max() <= Glibc, string.Create(CultureInfo.InvariantCulture, $"needs glibc {needed.Max()}"));
    }

    [GeneratedRegex(@"GLIBC_(\d+\.\d+)")]
    private static partial Regex GlibcVersion();
}
