using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bulwark.State;

namespace Bulwark.Keys;

/// <summary>
/// The secrets that Bulwark makes itself (watermark masters, the key of the audit log) where there is no folder of key files: sealed
/// by a key of a KMS and kept in the state store. Made on first use; workers that start at once agree on one.
/// </summary>
/// <remarks>
/// <code>
/// collection        secrets
/// id                SERIES/NNNNNN       numbered from 000001; the highest number is in use, the others still open and verify
/// content           {"keyUri", "created", "sealed"}      sealed = base64 of the wrapped secret
/// associated data   bulwark/secret/SERIES/NNNNNN         a sealed secret cannot be passed off as another, nor as a model's keyset
/// </code>
/// A policy can keep the two uses of one KMS key apart by the associated data: models' begin with <c>bulwark/v1/</c>.
/// </remarks>
/// <param name="state">Where they are kept.</param>
/// <param name="key">Seals and opens them.</param>
/// <param name="clock">Says when a secret was made.</param>
public sealed class SealedSecrets(IStateStore state, IWrappingKey key, TimeProvider clock)
{
    /// <summary>The collection in the state store.</summary>
    public const string Collection = "secrets";

    private const int MaximumNumber = 999_999;

    /// <summary>Opens every secret of a series.</summary>
    /// <param name="series">Which secrets: letters, digits and <c>-</c>.</param>
    /// <param name="make">Makes one when there is none yet.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The secrets, the one in use first, at least one; the caller disposes each.</returns>
    /// <exception cref="KeyException">BW1206 a document is damaged; whatever the key says when it cannot be used.</exception>
    /// <exception cref="StateException">The state store fails.</exception>
    public async Task<IReadOnlyList<SecretBytes>> OpenAsync(string series, Func<SecretBytes> make, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(make);
        List<StateDocument> documents = await ListAsync(series, cancellationToken);
        if (documents.Count == 0)
        {
            // Whoever comes second finds the first one's.
            await AddAsync(series, 1, make, cancellationToken);
            documents = await ListAsync(series, cancellationToken);
        }

        List<SecretBytes> secrets = [];
        try
        {
            foreach (StateDocument document in Enumerable.Reverse(documents))
                secrets.Add(await UnsealAsync(document, cancellationToken));
            return secrets;
        }
        catch
        {
            secrets.ForEach(s => s.Dispose());
            throw;
        }
    }

    /// <summary>Makes a new secret and puts it in use; the old ones are kept.</summary>
    /// <exception cref="StateException">BW1104: another worker rotated at the same moment.</exception>
    public async Task RotateAsync(string series, Func<SecretBytes> make, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(make);
        List<StateDocument> documents = await ListAsync(series, cancellationToken);
        int last = documents.Count == 0 ? 0 : NumberOf(documents[^1]);
        if (!await AddAsync(series, last + 1, make, cancellationToken))
            throw StateException.Busy($"The series of secrets '{series}'");
    }

    private static string IdOf(string series, int number) => string.Create(CultureInfo.InvariantCulture, $"{series}/{number:D6}");

    private static byte[] AssociatedDataOf(string id) => Encoding.UTF8.GetBytes($"bulwark/secret/{id}");

    private static int NumberOf(StateDocument document) =>
        int.TryParse(document.Id.AsSpan(document.Id.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= MaximumNumber
            ? number
            : throw KeyException.SecretDamaged(document.Id, "its number is none");

    private async Task<List<StateDocument>> ListAsync(string series, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(series);
        List<StateDocument> documents = [];
        await foreach (StateDocument document in state.ListAsync(Collection, $"{series}/", cancellationToken))
            documents.Add(document);
        return documents;
    }

    private async Task<bool> AddAsync(string series, int number, Func<SecretBytes> make, CancellationToken cancellationToken)
    {
        string id = IdOf(series, number);
        using SecretBytes secret = make();
        byte[] wrapped = await key.WrapAsync(secret.Memory, AssociatedDataOf(id), cancellationToken);
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(new SealedSecret(key.KeyUri, clock.GetUtcNow(), wrapped), SealedSecretJson.Default.SealedSecret);
        return await state.TryPutAsync(Collection, id, content, expectedVersion: 0, cancellationToken) is not null;
    }

    private async Task<SecretBytes> UnsealAsync(StateDocument document, CancellationToken cancellationToken)
    {
        NumberOf(document);
        SealedSecret found = Parse(document);
        if (!key.Opens(found.KeyUri))
            throw KeyException.CannotUnwrap(key.KeyUri);
        byte[] opened = await key.UnwrapAsync(found.Sealed, AssociatedDataOf(document.Id), cancellationToken);
        try
        {
            return new SecretBytes(opened);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(opened);
        }
    }

    private static SealedSecret Parse(StateDocument document)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Content.Span, SealedSecretJson.Default.SealedSecret) ?? throw KeyException.SecretDamaged(document.Id, "it is null");
        }
        catch (JsonException error)
        {
            throw KeyException.SecretDamaged(document.Id, "it is not the JSON of a sealed secret", error);
        }
    }
}

/// <summary>A secret as it is kept.</summary>
/// <param name="KeyUri">The key that sealed it.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Sealed">The wrapped secret.</param>
internal sealed record SealedSecret(string KeyUri, DateTimeOffset Created, byte[] Sealed);

/// <summary>Reads and writes it without reflection; nobody else writes it, so unknown fields are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SealedSecret))]
internal sealed partial class SealedSecretJson : JsonSerializerContext;
