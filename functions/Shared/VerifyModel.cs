using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;
using Bulwark.Functions.Requests;
using Bulwark.Protection;

namespace Bulwark.Functions;

/// <summary>
/// Says whether a protected model verifies: <c>GET ?name=NAME</c>, and <c>&amp;body=false</c> to believe the body's tags until they are read.
/// 200 with what is known, 404 without such a model, 409 when it does not verify.
/// </summary>
/// <param name="services">What it stands on.</param>
public sealed class VerifyModel(FunctionServices services)
{
    private readonly ModelOpener _opener = new(services.Protection);

    /// <summary>Verifies signature, claims and envelope, and every segment of the body unless told not to; no plaintext leaves.</summary>
    /// <param name="request">The request.</param>
    /// <param name="context">The call.</param>
    /// <param name="cancellationToken">Fires before the deadline.</param>
    public Task<HttpResponse> RunAsync(HttpRequest request, FunctionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return Refusals.AnsweredAsync(async () =>
        {
            ModelRequest asked = ModelRequest.Of(request);
            bool whole = ModelRequest.Flag(request, "body", otherwise: true);
            await using OpenedModel opened = await _opener.OpenAsync(services.ProtectedContainer, asked.Body, cancellationToken);
            if (whole)
                await opened.VerifyBodyAsync(progress: null, cancellationToken);
            return HttpResponse.Json(200, VerificationAnswer.Of(opened, whole).ToJson());
        });
    }
}
