using System.CommandLine;
using Bulwark.Aws;
using Bulwark.Local;
using Bulwark.Protection;

namespace Bulwark.Functions.Local;

/// <summary>Where a command finds models, keys and the log: in the folders of this machine or, with <c>--cloud</c>, in an account.</summary>
internal sealed class Workplace : IAsyncDisposable
{
    private const string Aws = "aws";
    private const string S3Scheme = "s3://";

    private readonly IAsyncDisposable _owner;

    private Workplace(ProtectionServices services, IAsyncDisposable owner)
    {
        Services = services;
        _owner = owner;
    }

    /// <summary>What the main job stands on there.</summary>
    public ProtectionServices Services { get; }

    /// <summary>Opens protected models.</summary>
    public ModelOpener Opener => new(Services);

    /// <summary>The option <c>--cloud</c>.</summary>
    public static Option<string?> Cloud()
    {
        Option<string?> option = new("--cloud")
        {
            Description = "Work on an account instead of this machine; the BULWARK_ variables say where things are in it (docs/aws.md).",
            HelpName = "CLOUD",
        };
        return option.AcceptOnlyFromAmong(Aws);
    }

    /// <summary>Opens what <c>--cloud</c> names; null for this machine.</summary>
    public static async Task<Workplace> OpenAsync(string? cloud, CancellationToken cancellationToken)
    {
        if (cloud is null)
        {
            LocalHost host = await LocalHost.OpenAsync(cancellationToken);
            return new Workplace(host.Services, host);
        }

        AwsServices services = await AwsServices.CreateAsync(
            AwsSettings.FromEnvironment(Environment.GetEnvironmentVariable), AwsClients.FromEnvironment(), $"cli:{CurrentUser.Name}", marks: false, cancellationToken);
        return new Workplace(services.Protection, services);
    }

    /// <summary>Splits what names a protected model: a path; with a cloud a key in the bucket of protected models, or the address of an object.</summary>
    public static (string Container, string Name) Locate(string path, string? cloud)
    {
        bool address = path.StartsWith(S3Scheme, StringComparison.Ordinal);
        if (cloud is null)
            return address ? throw UsageException.BadOption(path, "it lies in a cloud", "Add --cloud aws.") : Arguments.Locate(path);
        if (!address)
            return (AwsSettings.FromEnvironment(Environment.GetEnvironmentVariable).ProtectedBucket, path);
        int slash = path.IndexOf('/', S3Scheme.Length);
        return slash > S3Scheme.Length && slash + 1 < path.Length
            ? (path[S3Scheme.Length..slash], path[(slash + 1)..])
            : throw UsageException.BadOption(path, "it is not s3://BUCKET/KEY", "Name an object, such as s3://my-protected-models/fraud.safetensors.enc, or a key in the bucket of protected models.");
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _owner.DisposeAsync();
}
