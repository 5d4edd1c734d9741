using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bulwark.Encryption;
using Bulwark.State;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>
/// Looks at what stands where a protected model is about to go, before any long work: names that the store would refuse at the end,
/// and objects that are someone else's to lose.
/// </summary>
internal sealed class Destination(ProtectionServices services, string container, ProtectedNames names)
{
    private const string Collection = "destinations";

    // The header of AES256_GCM_HKDF_1MB begins with its own length.
    private const byte HeaderLength = 40;

    /// <summary>Checks that every part can be written there and replaces nothing but an older state of this very model.</summary>
    /// <returns>The body that stands there; null for none.</returns>
    /// <exception cref="ProtectionException">BW2007 a name that the store refuses, BW2010 something else stands there.</exception>
    public async Task<ObjectRef?> CheckAsync(ObjectRef source, bool force, CancellationToken cancellationToken)
    {
        Dictionary<string, ObjectRef?> present = new(StringComparer.Ordinal);
        foreach (string name in names.All)
            present[name] = await FindAsync(name, cancellationToken);
        ObjectRef? body = present[names.Body];
        if (force)
            return body;

        if (body is not null && !await LooksLikeBodyAsync(body, cancellationToken))
            throw ProtectionException.DestinationTaken(body.ToString(), "it is not a protected model");
        if (body is not null && await WrittenForAsync(cancellationToken) is { } other && other != Describe(source))
            throw ProtectionException.DestinationTaken(body.ToString(), $"it is {other}, protected");
        // The envelope is the first companion to be written: without it the others are not ours.
        if (body is null && present[names.Sidecar] is null && (present[names.Signature] ?? present[names.Claims]) is { } foreign)
            throw ProtectionException.DestinationTaken(foreign.ToString(), "it belongs to no protected model");
        return body;
    }

    /// <summary>Remembers which source the body there was made from.</summary>
    public async Task RememberAsync(ObjectRef source, CancellationToken cancellationToken)
    {
        StateDocument? present = await services.State.GetAsync(Collection, Id(), cancellationToken);
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(Describe(source), ProtectionJson.Default.String);
        // Lost to another worker: the body is about to be that one's.
        await services.State.TryPutAsync(Collection, Id(), content, present?.Version ?? 0, cancellationToken);
    }

    private static string Describe(ObjectRef source) => source.ToString();

    private async Task<ObjectRef?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await services.Store.FindAsync(container, name, cancellationToken);
        }
        catch (StorageException error) when (error.Code == "BW1002")
        {
            throw ProtectionException.BadName(names.Model, $"'{name[names.Prefix.Length..]}' would be refused: {error.Message}", error);
        }
    }

    private async Task<bool> LooksLikeBodyAsync(ObjectRef body, CancellationToken cancellationToken)
    {
        if (body.Size < HeaderLength + SegmentLayout.TagLength)
            return false;
        byte[] first = new byte[1];
        await using IObjectReader reader = await services.Store.OpenReadAsync(body, cancellationToken);
        await reader.ReadAsync(0, first, cancellationToken);
        return first[0] == HeaderLength;
    }

    private async Task<string?> WrittenForAsync(CancellationToken cancellationToken)
    {
        StateDocument? document = await services.State.GetAsync(Collection, Id(), cancellationToken);
        try
        {
            return document is null ? null : JsonSerializer.Deserialize(document.Content.Span, ProtectionJson.Default.String);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Id() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{container}\n{names.Body}")));
}
