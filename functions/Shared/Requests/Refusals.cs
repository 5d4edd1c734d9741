using Bulwark.Audit;
using Bulwark.Functions.Answers;

namespace Bulwark.Functions.Requests;

/// <summary>Which errors are answers to a request, and with which status. Others are failures of the function.</summary>
internal static class Refusals
{
    /// <summary>Runs the work that answers a request.</summary>
    public static async Task<HttpResponse> AnsweredAsync(Func<Task<HttpResponse>> work)
    {
        try
        {
            return await work();
        }
        catch (BulwarkException error) when (StatusOf(error) is { } status)
        {
            return HttpResponse.Refusal(status, error);
        }
    }

    private static int? StatusOf(BulwarkException error) => error switch
    {
        { Code: "BW2209" or "BW1002" or "BW2005" } => 400,
        { Code: "BW1001" } => 404,
        { Code: "BW1916" } => 416,
        // A log that cannot be continued is nobody's request's fault.
        AuditException => null,
        { Kind: ErrorKind.Refused } => 409,
        _ => null,
    };
}
