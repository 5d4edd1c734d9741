using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;

namespace Bulwark.Functions;

/// <summary>Every function by its name. A host finds the one that its platform names.</summary>
public static class FunctionCatalogue
{
    // An upload to be aborted and a claim to be given back take calls over a network.
    private static readonly TimeSpan ToAbort = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ToTell = TimeSpan.FromSeconds(1);

    /// <summary>The functions.</summary>
    public static IReadOnlyList<FunctionDefinition> All { get; } =
    [
        FunctionDefinition.Of<ObjectUploaded, ProtectAnswer>(nameof(ProtectModel), ToAbort, static services => new ProtectModel(services).RunAsync),
        FunctionDefinition.Of<ScheduleFired, AuditLogAnswer>(nameof(VerifyAuditLog), ToTell, static services => new VerifyAuditLog(services).RunAsync),
        FunctionDefinition.Of<HttpRequest, HttpResponse>(nameof(VerifyModel), ToTell, static services => new VerifyModel(services).RunAsync),
        FunctionDefinition.Of<HttpRequest, HttpResponse>(nameof(OpenModel), ToTell, static services => new OpenModel(services).RunAsync, streamsAnswers: true),
    ];

    /// <summary>Finds a function.</summary>
    /// <exception cref="FunctionException">BW2201: there is none of that name; the error lists those there are.</exception>
    public static FunctionDefinition Find(string name) =>
        All.FirstOrDefault(f => f.Name == name) ?? throw FunctionException.Unknown(name, All.Select(f => f.Name));
}
