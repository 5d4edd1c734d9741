using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>KMS's operations on keys and aliases, and the way from a name to a key that may be used.</summary>
internal sealed partial class KmsDirectory(KmsKeyStore store, string region, string account, Action<string, KmsKey?, KmsRequest, SortedDictionary<string, string>> ensureAllowed)
{
    private const int DefaultWindow = 30;

    private static readonly SortedDictionary<string, string> NoContext = [];

    private string Prefix => $"arn:aws:kms:{region}:{account}:";

    public JsonObject? Invoke(KmsRequest request) => request.Operation switch
    {
        "CreateKey" => CreateKey(request),
        "DescribeKey" => new JsonObject { ["KeyMetadata"] = MetadataOf(Allowed(request, request.Required("KeyId"))) },
        "EnableKey" => Change(request, key => key with { Enabled = true }),
        "DisableKey" => Change(request, key => key with { Enabled = false }),
        "ScheduleKeyDeletion" => ScheduleDeletion(request),
        "CancelKeyDeletion" => CancelDeletion(request),
        "ListKeys" => ListKeys(request),
        "CreateAlias" => CreateAlias(request),
        "ListAliases" => ListAliases(request),
        _ => throw new KmsFault("UnknownOperationException", $"This double has no operation {request.Operation}."),
    };

    public KmsKey? ById(string id) => store.Keys.FirstOrDefault(k => k.Id == id);

    /// <summary>Finds a key that is enabled, of a usage, and that the caller may use for this.</summary>
    public KmsKey Usable(KmsRequest request, string name, string? usage, SortedDictionary<string, string>? context = null, string? action = null)
    {
        KmsKey key = Find(name);
        ensureAllowed(action ?? "kms:" + request.Operation, key, request, context ?? NoContext);
        if (usage is not null && key.Usage != usage)
            throw KmsFault.WrongUsage(key, request.Operation);
        if (key.DeletedAt is not null)
            throw InvalidState(key);
        return key.Enabled ? key : throw new KmsFault("DisabledException", $"{key.Arn} is disabled.");
    }

    public static void AddAlgorithms(JsonObject answer, KmsKey key)
    {
        foreach ((string name, string[] algorithms) in new[]
        {
            ("EncryptionAlgorithms", KeySpecs.EncryptionAlgorithmsOf(key)), ("SigningAlgorithms", KeySpecs.SigningAlgorithmsOf(key)), ("MacAlgorithms", KeySpecs.MacAlgorithmsOf(key)),
        })
        {
            if (algorithms.Length > 0)
                answer[name] = new JsonArray([.. algorithms.Select(a => JsonValue.Create(a))]);
        }
    }

    private JsonObject CreateKey(KmsRequest request)
    {
        ensureAllowed("kms:CreateKey", null, request, NoContext);
        string spec = request.OneOf("KeySpec", request.Text("CustomerMasterKeySpec") ?? KeySpecs.Symmetric, KeySpecs.All);
        string[] usages = KeySpecs.UsagesOf(spec);
        if (!request.Has("KeyUsage") && spec != KeySpecs.Symmetric)
            throw KmsFault.Validation("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.");
        string usage = request.OneOf("KeyUsage", usages[0], KeySpecs.Encrypt, KeySpecs.Sign, KeySpecs.Mac);
        if (!usages.Contains(usage))
            throw KmsFault.Validation($"KeyUsage {usage} is not compatible with KeySpec {spec}");
        string id = Guid.NewGuid().ToString();
        KmsKey key = new()
        {
            Id = id,
            Arn = $"{Prefix}key/{id}",
            Spec = spec,
            Usage = usage,
            Description = request.Text("Description") ?? "",
            CreatedAt = DateTimeOffset.UtcNow,
            Material = KeySpecs.Generate(spec),
        };
        store.Put(key);
        return new JsonObject { ["KeyMetadata"] = MetadataOf(key) };
    }

    private JsonObject? Change(KmsRequest request, Func<KmsKey, KmsKey> change)
    {
        KmsKey key = Managed(request);
        if (key.DeletedAt is not null)
            throw InvalidState(key);
        store.Put(change(key));
        return null;
    }

    private JsonObject ScheduleDeletion(KmsRequest request)
    {
        int days = request.Number("PendingWindowInDays") ?? DefaultWindow;
        if (days is < 7 or > 30)
            throw KmsFault.Validation($"1 validation error detected: Value '{days}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value between 7 and 30");
        KmsKey key = Managed(request);
        if (key.DeletedAt is not null)
            throw InvalidState(key);
        DateTimeOffset when = DateTimeOffset.UtcNow.AddDays(days);
        store.Put(key with { DeletedAt = when, Enabled = false });
        return new JsonObject { ["KeyId"] = key.Arn, ["DeletionDate"] = Seconds(when), ["KeyState"] = "PendingDeletion", ["PendingWindowInDays"] = days };
    }

    private JsonObject CancelDeletion(KmsRequest request)
    {
        KmsKey key = Managed(request);
        if (key.DeletedAt is null)
            throw new KmsFault("KMSInvalidStateException", $"{key.Arn} is not pending deletion.");
        store.Put(key with { DeletedAt = null, Enabled = false });
        return new JsonObject { ["KeyId"] = key.Arn };
    }

    private JsonObject ListKeys(KmsRequest request)
    {
        ensureAllowed("kms:ListKeys", null, request, NoContext);
        return new JsonObject { ["Keys"] = new JsonArray([.. store.Keys.Select(k => new JsonObject { ["KeyId"] = k.Id, ["KeyArn"] = k.Arn })]), ["Truncated"] = false };
    }

    private JsonObject? CreateAlias(KmsRequest request)
    {
        string alias = request.Required("AliasName");
        if (!AliasName().IsMatch(alias) || alias.StartsWith("alias/aws/", StringComparison.Ordinal))
            throw new KmsFault("InvalidAliasNameException", "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html");
        KmsKey key = FindWithoutAlias(request.Required("TargetKeyId"));
        ensureAllowed("kms:CreateAlias", key, request, NoContext);
        if (store.Aliases.ContainsKey(alias))
            throw new KmsFault("AlreadyExistsException", $"An alias with the name {Prefix}{alias} already exists");
        store.PutAlias(alias, key.Id);
        return null;
    }

    private JsonObject ListAliases(KmsRequest request)
    {
        ensureAllowed("kms:ListAliases", null, request, NoContext);
        string? only = request.Text("KeyId") is { } name ? FindWithoutAlias(name).Id : null;
        return new JsonObject
        {
            ["Aliases"] = new JsonArray([.. store.Aliases.Where(a => only is null || a.Value == only).Select(a =>
                new JsonObject { ["AliasName"] = a.Key, ["AliasArn"] = Prefix + a.Key, ["TargetKeyId"] = a.Value })]),
            ["Truncated"] = false,
        };
    }

    private KmsKey Allowed(KmsRequest request, string name)
    {
        KmsKey key = Find(name);
        ensureAllowed("kms:" + request.Operation, key, request, NoContext);
        return key;
    }

    // The operations that manage a key take no alias.
    private KmsKey Managed(KmsRequest request) => Allowed(request, FindWithoutAlias(request.Required("KeyId")).Arn);

    private KmsKey FindWithoutAlias(string name) =>
        name.Contains("alias/", StringComparison.Ordinal) ? throw KmsFault.NotFound($"Invalid keyId {name}") : Find(name);

    private KmsKey Find(string name)
    {
        string rest = name;
        if (name.StartsWith("arn:", StringComparison.Ordinal))
        {
            if (!name.StartsWith($"arn:aws:kms:{region}:", StringComparison.Ordinal))
                throw KmsFault.NotFound($"Invalid arn {name.Split(':').ElementAtOrDefault(3)}");
            rest = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : throw KmsFault.NotFound($"Key '{name}' does not exist");
            rest = rest.StartsWith("key/", StringComparison.Ordinal) ? rest[4..] : rest;
        }

        if (rest.StartsWith("alias/", StringComparison.Ordinal))
            return store.Aliases.TryGetValue(rest, out string? id) && ById(id) is { } aliased ? aliased : throw KmsFault.NotFound($"Alias {Prefix}{rest} is not found.");
        if (!Guid.TryParseExact(rest, "D", out _))
            throw KmsFault.NotFound($"Invalid keyId '{rest}'");
        return ById(rest) ?? throw KmsFault.NotFound($"Key '{Prefix}key/{rest}' does not exist");
    }

    private JsonObject MetadataOf(KmsKey key)
    {
        JsonObject metadata = new()
        {
            ["AWSAccountId"] = account,
            ["Arn"] = key.Arn,
            ["KeyId"] = key.Id,
            ["CreationDate"] = Seconds(key.CreatedAt),
            ["Description"] = key.Description,
            ["Enabled"] = key.State == "Enabled",
            ["KeyState"] = key.State,
            ["KeyManager"] = "CUSTOMER",
            ["Origin"] = "AWS_KMS",
            ["MultiRegion"] = false,
            ["KeySpec"] = key.Spec,
            ["CustomerMasterKeySpec"] = key.Spec,
            ["KeyUsage"] = key.Usage,
        };
        if (key.DeletedAt is { } when)
            metadata["DeletionDate"] = Seconds(when);
        AddAlgorithms(metadata, key);
        return metadata;
    }

    private static KmsFault InvalidState(KmsKey key) => new("KMSInvalidStateException", $"{key.Arn} is pending deletion.");

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    [GeneratedRegex(@"\Aalias/[a-zA-Z0-9/_-]{1,250}\z")]
    private static partial Regex AliasName();
}
