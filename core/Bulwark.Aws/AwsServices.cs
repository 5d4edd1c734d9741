using System.Security.Cryptography;
using System.Text;
using Amazon.DynamoDBv2;
using Amazon.KeyManagementService;
using Amazon.S3;
using Bulwark.Audit;
using Bulwark.Findings;
using Bulwark.Keys;
using Bulwark.Protection;
using Bulwark.Watermarking;

namespace Bulwark.Aws;

/// <summary>What the main job stands on in an AWS account, put together: S3, KMS, DynamoDB, and Security Hub where it is wanted.</summary>
public sealed class AwsServices : IAsyncDisposable
{
    // Renewed every 20 s while the work lasts; a retry after a crash need not wait longer than Lambda waits before it.
    private static readonly TimeSpan ClaimLease = TimeSpan.FromMinutes(1);

    private readonly List<IDisposable> _owned = [];

    private AwsServices(AwsSettings settings)
    {
        Settings = settings;
    }

    /// <summary>Where everything is.</summary>
    public AwsSettings Settings { get; }

    /// <summary>What the main job stands on.</summary>
    public ProtectionServices Protection { get; private set; } = null!;

    /// <summary>Connects to everything and opens the keys; secrets that are not there yet are made.</summary>
    /// <param name="settings">Where everything is.</param>
    /// <param name="clients">Makes the clients.</param>
    /// <param name="actor">Who is acting, for the audit log.</param>
    /// <param name="marks">Whether models will be marked; who does not mark need not be allowed to open the watermark's master.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="BulwarkException">A key or the table cannot be used (BW11xx, BW12xx).</exception>
    public static async Task<AwsServices> CreateAsync(AwsSettings settings, AwsClients clients, string actor, bool marks, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(clients);
        AwsServices services = new(settings);
        try
        {
            await services.OpenAsync(clients, actor, marks, cancellationToken);
            return services;
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _owned.Reverse();
        _owned.ForEach(o => o.Dispose());
        _owned.Clear();
        return ValueTask.CompletedTask;
    }

    private async Task OpenAsync(AwsClients clients, string actor, bool marks, CancellationToken cancellationToken)
    {
        IAmazonS3 s3 = Own(clients.CreateS3());
        IAmazonDynamoDB dynamoDb = Own(clients.CreateDynamoDb());
        IAmazonKeyManagementService kms = Own(clients.CreateKms());
        S3ObjectStore store = new(s3, StoreOptions());
        DynamoDbStateStore state = new(dynamoDb, Settings.StateTable);
        KmsWrappingKey wrapping = new(kms, Settings.WrappingKey);

        // A cold start waits for these; they do not depend on each other.
        SealedSecrets secrets = new(state, wrapping, TimeProvider.System);
        Task<KmsSigningKey> signing = KmsSigningKey.OpenAsync(kms, Settings.SigningKey, cancellationToken);
        Task<KmsSigningKey?> postQuantum = PostQuantumAsync(kms, cancellationToken);
        Task<IReadOnlyList<SecretBytes>> logKeys = secrets.OpenAsync("log", NewLogKey, cancellationToken);
        Task<IReadOnlyList<SecretBytes>> masters = marks
            ? secrets.OpenAsync("watermark", static () => SecretBytes.Random(WatermarkKey.MinimumMasterLength), cancellationToken)
            : Task.FromResult<IReadOnlyList<SecretBytes>>([]);
        try
        {
            await Task.WhenAll(signing, postQuantum, logKeys, masters);
        }
        catch
        {
            foreach (SecretBytes secret in new[] { logKeys, masters }.Where(t => t.IsCompletedSuccessfully).SelectMany(t => t.Result))
                secret.Dispose();
            throw;
        }


        StateFindingSink findings = new(state);
        Protection = new ProtectionServices
        {
            Store = store,
            State = state,
            Audit = OpenLog(store, state, await logKeys),
            Findings = Settings.SecurityHub ? new FindingSinks(findings, SecurityHub(clients)) : findings,
            QuarantineContainer = Settings.QuarantineBucket,
            SigningKey = await signing,
            PostQuantumKey = await postQuantum,
            WatermarkKey = OpenMaster(await masters),
            TrustedKeys = TrustedKeys(await signing, await postQuantum),
            WrappingKeys = [wrapping],
            BindWrapsToSource = true,
            Clock = TimeProvider.System,
            Actor = actor,
            ClaimLease = ClaimLease,
        };
    }

    private SecurityHubFindingSink SecurityHub(AwsClients clients)
    {
        KmsKeyName key = KmsKeyName.Parse(Settings.WrappingKey);
        return new SecurityHubFindingSink(Own(new SignedRestClient(clients, "securityhub")), new AsffAccount(key.Account, key.Region, key.Partition));
    }

    private async Task<KmsSigningKey?> PostQuantumAsync(IAmazonKeyManagementService kms, CancellationToken cancellationToken) =>
        Settings.PostQuantumKey is { } key ? await KmsSigningKey.OpenAsync(kms, key, cancellationToken) : null;

    /// <summary>
    /// What is deleted from the buckets of Bulwark's own is hidden behind a delete marker and goes by their lifecycle rules, since object
    /// lock allows no more; elsewhere a plaintext that is deleted must be gone.
    /// </summary>
    private S3ObjectStoreOptions StoreOptions()
    {
        // A bucket that was deleted, and made again by somebody else, is not ours.
        S3BucketOptions own = new() { PermanentDeletes = false, ExpectedOwner = KmsKeyName.Parse(Settings.WrappingKey).Account };
        return new S3ObjectStoreOptions
        {
            Default = new S3BucketOptions { PermanentDeletes = true },
            Buckets = new Dictionary<string, S3BucketOptions>(StringComparer.Ordinal)
            {
                [Settings.ProtectedBucket] = own,
                [Settings.QuarantineBucket] = own,
                [Settings.AuditBucket] = own,
            },
        };
    }

    private AuditLog OpenLog(S3ObjectStore store, DynamoDbStateStore state, IReadOnlyList<SecretBytes> keys)
    {
        Ed25519SigningKey[] opened = [.. keys.Select(ReadLogKey)];
        return new AuditLog(
            store, Settings.AuditBucket, opened[0], Settings.LogOrigin, TimeProvider.System, state,
            [.. opened.Skip(1).Select(k => NoteVerifierKey.FromPem(Settings.LogOrigin, k.PublicKeyPem))]);
    }

    private WatermarkKey? OpenMaster(IReadOnlyList<SecretBytes> masters)
    {
        WatermarkKey? key = masters.Count == 0 ? null : Own(WatermarkKey.FromMaster(WatermarkKey.IdOf(masters[0].Span), masters[0].Span));
        foreach (SecretBytes master in masters)
            master.Dispose();
        return key;
    }

    private List<VerificationKey> TrustedKeys(KmsSigningKey signing, KmsSigningKey? postQuantum)
    {
        List<VerificationKey> keys = [VerificationKey.FromPem(signing.PublicKeyPem)];
        if (postQuantum is not null)
            keys.Add(VerificationKey.FromPem(postQuantum.PublicKeyPem));
        ReadOnlySpan<char> rest = Settings.TrustedKeys;
        while (PemEncoding.TryFind(rest, out PemFields found))
        {
            keys.Add(VerificationKey.FromPem(rest[found.Location].ToString()));
            rest = rest[found.Location.End..];
        }

        return rest.Trim().IsEmpty ? keys : throw AwsException.BadSetting("BULWARK_TRUSTED_KEYS", "something in it is no PEM");
    }

    private static SecretBytes NewLogKey()
    {
        char[] pem = Ed25519SigningKey.Generate().ExportPkcs8Pem();
        SecretBytes secret = new(pem.Length);
        Encoding.ASCII.GetBytes(pem, secret.Span);
        Array.Clear(pem);
        return secret;
    }

    private static Ed25519SigningKey ReadLogKey(SecretBytes secret)
    {
        char[] pem = new char[secret.Length];
        Encoding.ASCII.GetChars(secret.Span, pem);
        secret.Dispose();
        try
        {
            return Ed25519SigningKey.FromPem(pem);
        }
        finally
        {
            Array.Clear(pem);
        }
    }

    private T Own<T>(T disposable)
        where T : IDisposable
    {
        _owned.Add(disposable);
        return disposable;
    }
}
