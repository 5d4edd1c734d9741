using System.Globalization;
using Bulwark.Encryption;
using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;
using Bulwark.Functions.Requests;
using Bulwark.Protection;

namespace Bulwark.Functions;

/// <summary>
/// Verifies a protected model and sends its plaintext as the body of the answer: <c>GET ?name=NAME</c>, and
/// <c>&amp;offset=N&amp;length=N</c> for a part of it (206). Who asks was let in by the platform, and is written to the audit log.
/// </summary>
/// <param name="services">What it stands on.</param>
public sealed class OpenModel(FunctionServices services)
{
    private readonly ModelOpener _opener = new(services.Protection);

    /// <summary>Verifies everything around the body before it answers; each segment is verified before it is sent.</summary>
    /// <param name="request">The request.</param>
    /// <param name="context">The call.</param>
    /// <param name="cancellationToken">Fires before the deadline.</param>
    /// <returns>
    /// An answer with a body writer. The writer fails when a segment or the digest of the whole is refused, and holds the last bytes back
    /// until that digest is checked, so that a client never has all the bytes of a model that was refused.
    /// </returns>
    public Task<HttpResponse> RunAsync(HttpRequest request, FunctionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return Refusals.AnsweredAsync(async () =>
        {
            ModelRequest asked = ModelRequest.Of(request);
            long? offset = ModelRequest.Number(request, "offset");
            long? length = ModelRequest.Number(request, "length");
            OpenedModel opened = await _opener.OpenAsync(services.ProtectedContainer, asked.Body, cancellationToken);
            try
            {
                return request.Method == "HEAD"
                    ? await DescribeAsync(opened)
                    : Send(opened, offset ?? 0, length ?? Math.Max(0, opened.Length - (offset ?? 0)), request.Caller);
            }
            catch
            {
                await opened.DisposeAsync();
                throw;
            }
        });
    }

    private static async Task<HttpResponse> DescribeAsync(OpenedModel opened)
    {
        await opened.DisposeAsync();
        return new HttpResponse { Status = 200, Headers = Headers(opened, opened.Length) };
    }

    private static HttpResponse Send(OpenedModel opened, long offset, long length, string? caller)
    {
        if (offset > opened.Length || length > opened.Length - offset)
            throw EncryptionException.OutOfRange(offset, length, opened.Length);
        bool whole = offset == 0 && length == opened.Length;
        Dictionary<string, string> headers = Headers(opened, length);
        if (!whole && length > 0)
            headers["content-range"] = string.Create(CultureInfo.InvariantCulture, $"bytes {offset}-{offset + length - 1}/{opened.Length}");
        return new HttpResponse
        {
            Status = whole || length == 0 ? 200 : 206,
            Headers = headers,
            Length = length,
            Source = opened,
            Body = (body, cancellationToken) => opened.SendAsync(offset, length, caller, body.WriteAsync, cancellationToken),
        };
    }

    private static Dictionary<string, string> Headers(OpenedModel opened, long length) => new()
    {
        ["content-type"] = "application/octet-stream",
        ["content-length"] = length.ToString(CultureInfo.InvariantCulture),
        ["cache-control"] = "no-store",
        ["x-content-type-options"] = "nosniff",
        ["x-bulwark-sha256"] = Convert.ToHexStringLower(opened.Signature.Sha256.Span),
    };
}
