using System.Security.Cryptography;
using Bulwark.Keys;
using Bulwark.Local.KeyFiles;
using Bulwark.Watermarking;

namespace Bulwark.Local;

/// <summary>
/// The keys of one user on one machine, in files that only this user may read. Keys are made on first use; two processes that start
/// at once agree on one. Rotation puts a new key in use and keeps the old ones for opening, verifying and detecting.
/// </summary>
/// <remarks>
/// <code>
/// HOME/keys/signing/ID.pem      ECDSA P-256, PKCS#8 PEM; HOME/keys/signing/current names the one in use
/// HOME/keys/wrapping.json       Tink AES256_GCM keyset, JSON in clear; its primary key is the one in use
/// HOME/keys/watermark/ID.key    32 random bytes;         HOME/keys/watermark/current
/// HOME/keys/log.pem             Ed25519, PKCS#8 PEM (RFC 8410); keys of the past in HOME/keys/log/ID.pem
/// HOME/keys/mldsa/ID.pem        ML-DSA-65, PKCS#8 PEM;   HOME/keys/mldsa/current
/// </code>
/// Folders are made with mode 0700 and files with 0600. Whoever loses this folder cannot open what was encrypted: back it up.
/// Every method throws <see cref="KeyException"/>: BW1202 when others could read or change a key, BW1204 when a key that is in use is
/// gone, BW1205 when a file is damaged; and <see cref="Storage.StorageException"/> when the disk fails.
/// </remarks>
public sealed class LocalKeyRing
{
    /// <summary>The environment variable that names another home.</summary>
    public const string HomeVariable = "BULWARK_HOME";

    private readonly KeySeries _signing;
    private readonly KeySeries _watermark;
    private readonly KeySeries _mldsa;
    private readonly WrappingKeyFile _wrapping;
    private readonly LogKeyFile _log;

    /// <summary>A ring in a home folder, which need not exist yet.</summary>
    public LocalKeyRing(string home)
    {
        ArgumentException.ThrowIfNullOrEmpty(home);
        Home = Path.GetFullPath(home);
        var files = new KeyHome(Home);
        _signing = new KeySeries(files, "signing", ".pem", GenerateSigning, file => HintOf(SigningPublicPem(file))[..16]);
        _mldsa = new KeySeries(files, "mldsa", ".pem", GenerateMLDsa, file => HintOf(ParseMLDsa(file).PublicKeyPem)[..16]);
        _watermark = new KeySeries(files, "watermark", ".key", GenerateWatermark, WatermarkId);
        _wrapping = new WrappingKeyFile(files);
        _log = new LogKeyFile(files);
    }

    /// <summary>The home folder.</summary>
    public string Home { get; }

    /// <summary>The ring in BULWARK_HOME, or in <c>.bulwark</c> in the user's home.</summary>
    public static LocalKeyRing Default()
    {
        string? home = Environment.GetEnvironmentVariable(HomeVariable);
        return new LocalKeyRing(string.IsNullOrEmpty(home)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".bulwark")
            : home);
    }

    /// <summary>The signing key in use, made when there is none. Dispose it.</summary>
    public Task<PemSigningKey> GetSigningKeyAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using KeyFile file = _signing.Current(make: true)!;
            return ParseSigning(file);
        },
        cancellationToken);

    /// <summary>The ML-DSA-65 key in use, made when there is none.</summary>
    public Task<MLDsaSigningKey> GetMLDsaKeyAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using KeyFile file = _mldsa.Current(make: true)!;
            return ParseMLDsa(file);
        },
        cancellationToken);

    /// <summary>The audit log's key in use, made when there is none.</summary>
    public Ed25519SigningKey GetLogKey()
    {
        using KeyFile file = _log.Current(make: true)!;
        return LogKeyFile.Parse(file);
    }

    /// <summary>The key-encryption keys, made when there are none: the primary one wraps, all unwrap. Dispose it.</summary>
    public KeysetWrappingKey GetWrappingKey()
    {
        using KeyFile file = _wrapping.Read(make: true)!;
        return WrappingKeyFile.Parse(file);
    }

    /// <summary>The watermark masters, the one in use first, made when there is none. Dispose each.</summary>
    public IReadOnlyList<WatermarkMaster> GetWatermarkMasters()
    {
        _watermark.Current(make: true)!.Dispose();
        return [.. Drain(_watermark.All(), (id, file) => new WatermarkMaster(id, file.Bytes))];
    }

    /// <summary>The public halves of every model signing key, ECDSA ones before ML-DSA ones, those in use first. None is made.</summary>
    public IReadOnlyList<VerificationKey> GetVerificationKeys() =>
    [
        .. Drain(_signing.All(), (_, file) => VerificationKey.FromPem(SigningPublicPem(file))),
        .. Drain(_mldsa.All(), (_, file) => VerificationKey.FromPem(ParseMLDsa(file).PublicKeyPem)),
    ];

    /// <summary>The public halves of every key that signed the audit log, the one in use first. None is made.</summary>
    public IReadOnlyList<VerificationKey> GetLogVerificationKeys() =>
        [.. Drain(_log.All().Select(f => ("", f)), (_, file) => VerificationKey.FromPem(LogKeyFile.Parse(file).PublicKeyPem))];

    /// <summary>Every key there is, by kind, the one in use first. None is made.</summary>
    public IReadOnlyList<LocalKeyInfo> List() =>
    [
        .. Describe(LocalKeyKind.Signing, "ECDSA P-256", _signing.All(), f => HintOf(SigningPublicPem(f))),
        .. DescribeWrapping(),
        .. Describe(LocalKeyKind.Watermark, "KMM64 master, 256 bits", _watermark.All(), _ => null),
        .. Describe(LocalKeyKind.Log, "Ed25519", _log.All().Select(f => (HintOf(LogKeyFile.Parse(f).PublicKeyPem)[..16], f)), f => HintOf(LogKeyFile.Parse(f).PublicKeyPem)),
        .. Describe(LocalKeyKind.MLDsa, "ML-DSA-65", _mldsa.All(), f => HintOf(ParseMLDsa(f).PublicKeyPem)),
    ];

    /// <summary>Makes a new key of a kind and puts it in use; the old ones are kept.</summary>
    public Task RotateAsync(LocalKeyKind kind, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            Action<CancellationToken> rotate = kind switch
            {
                LocalKeyKind.Signing => _signing.Rotate,
                LocalKeyKind.Wrapping => _wrapping.Rotate,
                LocalKeyKind.Watermark => _watermark.Rotate,
                LocalKeyKind.Log => _log.Rotate,
                LocalKeyKind.MLDsa => _mldsa.Rotate,
                _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind of key."),
            };
            rotate(cancellationToken);
        },
        cancellationToken);

    /// <summary>The public half of the key in use, as PEM. None is made.</summary>
    /// <exception cref="KeyException">BW1204 when there is no such key, BW1201 when the kind has no public half.</exception>
    public string ExportPublic(LocalKeyKind kind)
    {
        (KeyFile? file, Func<KeyFile, string> pem) = kind switch
        {
            LocalKeyKind.Signing => (_signing.Current(make: false), (Func<KeyFile, string>)SigningPublicPem),
            LocalKeyKind.Log => (_log.Current(make: false), f => LogKeyFile.Parse(f).PublicKeyPem),
            LocalKeyKind.MLDsa => (_mldsa.Current(make: false), f => ParseMLDsa(f).PublicKeyPem),
            _ => throw KeyException.Malformed($"The {kind} key", "it is secret and has no public half"),
        };
        using (file)
            return file is null ? throw KeyException.NotFound($"'{kind}' in {Home}") : pem(file);
    }

    private static string HintOf(string publicPem) => VerificationKey.FromPem(publicPem).Hint;

    private static PemSigningKey ParseSigning(KeyFile file) => file.ReadText(pem => PemSigningKey.FromPem(pem));

    private static string SigningPublicPem(KeyFile file)
    {
        using PemSigningKey key = ParseSigning(file);
        return key.PublicKeyPem;
    }

    private static MLDsaSigningKey ParseMLDsa(KeyFile file) => file.ReadText(pem => MLDsaSigningKey.FromPem(pem));

    private static byte[] GenerateSigning()
    {
        using var key = PemSigningKey.Generate();
        return KeyFile.BytesOf(key.ExportPkcs8Pem());
    }

    private static byte[] GenerateMLDsa() => KeyFile.BytesOf(MLDsaSigningKey.Generate().ExportPkcs8Pem());

    private static byte[] GenerateWatermark()
    {
        byte[] master = GC.AllocateArray<byte>(WatermarkMaster.Length, pinned: true);
        RandomNumberGenerator.Fill(master);
        return master;
    }

    private static string WatermarkId(KeyFile file) => file.Bytes.Length == WatermarkMaster.Length
        ? WatermarkKey.IdOf(file.Bytes)
        : throw KeyException.Malformed("The watermark master", $"it has {file.Bytes.Length} bytes, not {WatermarkMaster.Length}");

    private static List<T> Drain<T>(IEnumerable<(string Id, KeyFile File)> files, Func<string, KeyFile, T> take)
    {
        var open = files.ToList();
        try
        {
            return [.. open.Select(f => take(f.Id, f.File))];
        }
        finally
        {
            open.ForEach(f => f.File.Dispose());
        }
    }

    private static List<LocalKeyInfo> Describe(
        LocalKeyKind kind, string algorithm, IEnumerable<(string Id, KeyFile File)> files, Func<KeyFile, string?> fingerprint)
    {
        var infos = Drain(files, (id, file) => new LocalKeyInfo(kind, id, file.Created, false, file.Path, algorithm, fingerprint(file)));
        if (infos.Count > 0)
            infos[0] = infos[0] with { IsCurrent = true };
        return infos;
    }

    private IEnumerable<LocalKeyInfo> DescribeWrapping()
    {
        using KeyFile? file = _wrapping.Read(make: false);
        if (file is null)
            return [];
        using KeysetWrappingKey key = WrappingKeyFile.Parse(file);
        DateTimeOffset created = file.Created;
        return [.. key.KeyUris.Select((uri, i) => new LocalKeyInfo(
            LocalKeyKind.Wrapping, uri[(uri.LastIndexOf('/') + 1)..], i == 0 ? created : null, i == 0, _wrapping.FilePath, "AES-256-GCM (Tink)", null))];
    }
}
