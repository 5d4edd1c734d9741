using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bulwark.Aws.Tests.Rest;

/// <summary>A service that gives the answers it was told to, one after the other, and keeps what it was sent.</summary>
internal sealed class ScriptedService : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly Queue<Func<HttpContext, byte[], Task>> _answers = new();

    private ScriptedService()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    public Uri Address => new(_server.Urls.Single());

    public List<byte[]> Received { get; } = [];

    public List<IHeaderDictionary> Headers { get; } = [];

    public static async Task<ScriptedService> StartAsync()
    {
        ScriptedService service = new();
        await service._server.StartAsync();
        return service;
    }

    public ScriptedService Then(int status, string body, params (string Name, string Value)[] headers) => Then(async (http, _) =>
    {
        http.Response.StatusCode = status;
        foreach ((string name, string value) in headers)
            http.Response.Headers[name] = value;
        await http.Response.WriteAsync(body);
    });

    public ScriptedService Then(Func<HttpContext, byte[], Task> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        using MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body);
        Received.Add(body.ToArray());
        Headers.Add(new HeaderDictionary(http.Request.Headers.ToDictionary()));
        await _answers.Dequeue()(http, body.ToArray());
    }
}
