using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>
/// Makes a protected model visible so that whatever stands under <c>NAME.enc</c> opens at every moment: also while an older body is
/// being replaced, after a crash between any two steps, and when two workers publish at once.
/// </summary>
/// <remarks>
/// <code>
/// 1  NAME.xxxxxxxx.new        spare copies of the companions, under a name that only this body leads to (8 digits of SHA-256 of its header)
/// 2  companions               only when no body is visible: a first body never stands alone
/// 3  NAME.enc                 the one step that decides: under the condition that the body is still the one this work began with
/// 4  companions               replaced when step 2 did not write them, each only while the body is still ours
/// 5  spare copies deleted     ours, and those that dead writers left
///
/// killed after   what is visible                                   what opens it
/// 1              the old model, or nothing                         its own companions
/// 2              nothing                                           -
/// 3, within 4    the new body, companions old or mixed             the spare copies
/// 4              the new model                                     its own companions
/// </code>
/// A store writes one object at a time, so no order of writing five objects is enough without the spare copies: with the body last, a
/// crash would leave the old body beside a new envelope, and nobody could open it until a retry.
/// </remarks>
internal sealed class Publication(IObjectStore store, string container, ProtectedNames names, CompanionParts parts, ReadOnlyMemory<byte> header)
{
    private const int MostAttempts = 32;

    private readonly Dictionary<string, string> _written = new(StringComparer.Ordinal);

    /// <summary>Publishes.</summary>
    /// <param name="body">The whole body, not committed yet, begun under the condition that <paramref name="replaced"/> still stands.</param>
    /// <param name="replaced">The body that stood there when the work began; null for none.</param>
    /// <param name="cancellationToken">Heeded up to the step that decides.</param>
    /// <returns>The published body.</returns>
    /// <exception cref="StorageException">BW1005 when another worker published meanwhile; whatever the store throws.</exception>
    public async Task<ObjectRef> PublishAsync(IObjectWriter body, ObjectRef? replaced, CancellationToken cancellationToken)
    {
        ObjectRef spare = await WriteAsync(names.SpareParts(header.Span), parts.ToJson(), WriteCondition.IfAbsent, cancellationToken);
        ObjectRef published;
        try
        {
            if (replaced is null && !await SettleAsync(null, cancellationToken))
                throw StorageException.Conflict($"{container}/{names.Body}");
            published = await body.CommitAsync(cancellationToken);
        }
        catch
        {
            await DeleteUnlessNeededAsync(spare, replaced);
            throw;
        }

        // Published: from here on nothing may be left undone because someone pressed Ctrl-C.
        if (await SettleAsync(published, CancellationToken.None))
            await SweepAsync();
        else
            await store.DeleteAsync(spare, CancellationToken.None);
        return published;
    }

    /// <summary>Writes every companion that is not ours yet, as long as the body is the expected one. False when it no longer is.</summary>
    private async Task<bool> SettleAsync(ObjectRef? expected, CancellationToken cancellationToken)
    {
        foreach ((string name, byte[]? bytes) in parts.Under(names))
        {
            for (int attempt = 0; ; attempt++)
            {
                // In this order: a newer owner's companion that is found here comes after its body, which is found next.
                ObjectRef? present = await store.FindAsync(container, name, cancellationToken);
                if ((await store.FindAsync(container, names.Body, cancellationToken))?.Version != expected?.Version)
                    return false;
                if (present?.Version == _written.GetValueOrDefault(name) && (present is null) == (bytes is null))
                    break;
                try
                {
                    if (bytes is not null)
                        _written[name] = (await WriteAsync(name, bytes, ConditionFor(present), cancellationToken)).Version;
                    else if (present is not null)
                        await store.DeleteAsync(present, cancellationToken);
                    break;
                }
                catch (StorageException error) when (error.Code is "BW1004" or "BW1005" && attempt < MostAttempts)
                {
                    // Someone was faster; look who owns the body now.
                }
            }
        }

        return true;
    }

    /// <summary>A commit that failed may have happened all the same, when only its answer was lost.</summary>
    private async Task DeleteUnlessNeededAsync(ObjectRef spare, ObjectRef? replaced)
    {
        try
        {
            ObjectRef? present = await store.FindAsync(container, names.Body, CancellationToken.None);
            if (present is null || present.Version == replaced?.Version || !await IsOursAsync(present))
                await store.DeleteAsync(spare, CancellationToken.None);
        }
        catch (StorageException)
        {
            // The failure that led here is the one to report; the next success sweeps.
        }
    }

    private async Task<bool> IsOursAsync(ObjectRef body)
    {
        if (body.Size < header.Length)
            return false;
        byte[] present = new byte[header.Length];
        await using IObjectReader reader = await store.OpenReadAsync(body, CancellationToken.None);
        await reader.ReadAsync(0, present, CancellationToken.None);
        return present.AsSpan().SequenceEqual(header.Span);
    }

    private async Task SweepAsync()
    {
        try
        {
            List<ObjectRef> spares = [];
            await foreach (ObjectRef found in store.ListAsync(container, names.SparePartsPrefix, CancellationToken.None))
            {
                if (names.IsSpareParts(found.Name) && found.Size <= CompanionParts.MaximumLength)
                    spares.Add(found);
            }

            foreach (ObjectRef found in spares)
            {
                // Someone's own file may have such a name.
                if (CompanionParts.TryParse(await ReadAsync(store, found, CancellationToken.None)) is not null)
                    await store.DeleteAsync(found, CancellationToken.None);
            }
        }
        catch (StorageException)
        {
            // Litter, not harm: nothing refers to it, and the next success sweeps again.
        }
    }

    internal static async Task<byte[]> ReadAsync(IObjectStore store, ObjectRef part, CancellationToken cancellationToken)
    {
        await using IObjectReader reader = await store.OpenReadAsync(part, cancellationToken);
        byte[] bytes = new byte[part.Size];
        await reader.ReadAsync(0, bytes, cancellationToken);
        return bytes;
    }

    private static WriteCondition ConditionFor(ObjectRef? present) => present is null ? WriteCondition.IfAbsent : WriteCondition.IfVersion(present.Version);

    private async Task<ObjectRef> WriteAsync(string name, byte[] bytes, WriteCondition condition, CancellationToken cancellationToken)
    {
        await using IObjectWriter writer = await store.CreateAsync(container, name, condition, cancellationToken);
        await writer.WriteAsync(bytes, cancellationToken);
        return await writer.CommitAsync(cancellationToken);
    }
}
