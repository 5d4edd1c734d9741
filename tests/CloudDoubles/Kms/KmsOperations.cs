using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>KMS's operations on key material, under the rules of the real service.</summary>
internal sealed class KmsOperations(KmsDirectory directory)
{
    private const int MaximumPlaintext = 4096;
    private const int MaximumCiphertext = 6144;
    private const int MaximumDataKey = 1024;
    private const int MaximumDocument = 262144;

    private static readonly string[] MessageTypes = ["RAW", "DIGEST", "EXTERNAL_MU"];

    public JsonObject? Invoke(KmsRequest request) => request.Operation switch
    {
        "Encrypt" => Encrypt(request),
        "Decrypt" => Decrypt(request),
        "ReEncrypt" => ReEncrypt(request),
        "GenerateDataKey" => GenerateDataKey(request, withPlaintext: true),
        "GenerateDataKeyWithoutPlaintext" => GenerateDataKey(request, withPlaintext: false),
        "GetPublicKey" => GetPublicKey(request),
        "Sign" => Sign(request),
        "Verify" => Verify(request),
        "GenerateMac" => GenerateMac(request),
        "VerifyMac" => VerifyMac(request),
        _ => directory.Invoke(request),
    };

    private JsonObject Encrypt(KmsRequest request)
    {
        byte[] plaintext = request.Bytes("Plaintext", MaximumPlaintext);
        KmsKey key = directory.Usable(request, request.Required("KeyId"), KeySpecs.Encrypt, request.Context("EncryptionContext"));
        (byte[] ciphertext, string algorithm) = Seal(request, "EncryptionAlgorithm", "EncryptionContext", key, plaintext);
        return new JsonObject { ["CiphertextBlob"] = Text(ciphertext), ["KeyId"] = key.Arn, ["EncryptionAlgorithm"] = algorithm };
    }

    private JsonObject Decrypt(KmsRequest request)
    {
        (KmsKey key, byte[] plaintext, string algorithm) = Open(request, "KeyId", "EncryptionAlgorithm", "EncryptionContext", "kms:Decrypt");
        JsonObject answer = new() { ["KeyId"] = key.Arn, ["EncryptionAlgorithm"] = algorithm };
        Reveal(request, answer, plaintext);
        return answer;
    }

    private JsonObject ReEncrypt(KmsRequest request)
    {
        (KmsKey from, byte[] plaintext, string source) = Open(request, "SourceKeyId", "SourceEncryptionAlgorithm", "SourceEncryptionContext", "kms:ReEncryptFrom");
        KmsKey to = directory.Usable(request, request.Required("DestinationKeyId"), KeySpecs.Encrypt, request.Context("DestinationEncryptionContext"), "kms:ReEncryptTo");
        (byte[] ciphertext, string algorithm) = Seal(request, "DestinationEncryptionAlgorithm", "DestinationEncryptionContext", to, plaintext);
        return new JsonObject
        {
            ["CiphertextBlob"] = Text(ciphertext),
            ["SourceKeyId"] = from.Arn,
            ["KeyId"] = to.Arn,
            ["SourceEncryptionAlgorithm"] = source,
            ["DestinationEncryptionAlgorithm"] = algorithm,
        };
    }

    private JsonObject GenerateDataKey(KmsRequest request, bool withPlaintext)
    {
        if (request.Has("KeySpec") == request.Has("NumberOfBytes"))
            throw KmsFault.Validation("Please specify either number of bytes or key spec.");
        int length = request.Has("KeySpec") ? (request.OneOf("KeySpec", null, "AES_128", "AES_256") == "AES_128" ? 16 : 32) : request.Number("NumberOfBytes")!.Value;
        if (length is < 1 or > MaximumDataKey)
            throw KmsFault.Validation($"1 validation error detected: Value '{length}' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to {MaximumDataKey}");
        KmsKey key = directory.Usable(request, request.Required("KeyId"), KeySpecs.Encrypt, request.Context("EncryptionContext"));
        if (key.Spec != KeySpecs.Symmetric)
            throw KmsFault.WrongUsage(key, request.Operation);
        byte[] dataKey = RandomNumberGenerator.GetBytes(length);
        JsonObject answer = new() { ["CiphertextBlob"] = Text(SymmetricCiphertext.Seal(key, dataKey, request.Context("EncryptionContext"))), ["KeyId"] = key.Arn };
        if (withPlaintext)
            Reveal(request, answer, dataKey);
        return answer;
    }

    private JsonObject GetPublicKey(KmsRequest request)
    {
        KmsKey key = directory.Usable(request, request.Required("KeyId"), usage: null);
        if (key.Spec == KeySpecs.Symmetric || key.Usage == KeySpecs.Mac)
            throw new KmsFault("UnsupportedOperationException", $"{key.Arn} is a symmetric key.");
        JsonObject answer = new()
        {
            ["KeyId"] = key.Arn,
            ["PublicKey"] = Text(AsymmetricKeys.PublicKeyOf(key)),
            ["KeySpec"] = key.Spec,
            ["CustomerMasterKeySpec"] = key.Spec,
            ["KeyUsage"] = key.Usage,
        };
        KmsDirectory.AddAlgorithms(answer, key);
        return answer;
    }

    private JsonObject Sign(KmsRequest request)
    {
        (KmsKey key, string algorithm, string type, byte[] message) = Signing(request);
        return new JsonObject { ["KeyId"] = key.Arn, ["SigningAlgorithm"] = algorithm, ["Signature"] = Text(AsymmetricKeys.Sign(key, algorithm, type, message)) };
    }

    private JsonObject Verify(KmsRequest request)
    {
        byte[] signature = request.Bytes("Signature", MaximumCiphertext);
        (KmsKey key, string algorithm, string type, byte[] message) = Signing(request);
        return AsymmetricKeys.Verify(key, algorithm, type, message, signature)
            ? new JsonObject { ["KeyId"] = key.Arn, ["SigningAlgorithm"] = algorithm, ["SignatureValid"] = true }
            : throw new KmsFault("KMSInvalidSignatureException", "");
    }

    private JsonObject GenerateMac(KmsRequest request)
    {
        (KmsKey key, string algorithm, byte[] mac) = Mac(request);
        return new JsonObject { ["KeyId"] = key.Arn, ["MacAlgorithm"] = algorithm, ["Mac"] = Text(mac) };
    }

    private JsonObject VerifyMac(KmsRequest request)
    {
        byte[] given = request.Bytes("Mac", MaximumCiphertext);
        (KmsKey key, string algorithm, byte[] mac) = Mac(request);
        return CryptographicOperations.FixedTimeEquals(given, mac)
            ? new JsonObject { ["KeyId"] = key.Arn, ["MacAlgorithm"] = algorithm, ["MacValid"] = true }
            : throw new KmsFault("KMSInvalidMacException", "");
    }

    private (KmsKey Key, string Algorithm, string Type, byte[] Message) Signing(KmsRequest request)
    {
        string type = request.OneOf("MessageType", "RAW", MessageTypes);
        byte[] message = request.Bytes("Message", MaximumPlaintext);
        string algorithm = request.Required("SigningAlgorithm");
        KmsKey key = directory.Usable(request, request.Required("KeyId"), KeySpecs.Sign);
        return KeySpecs.SigningAlgorithmsOf(key).Contains(algorithm) ? (key, algorithm, type, message) : throw KmsFault.Incompatible(algorithm, key);
    }

    private (KmsKey Key, string Algorithm, byte[] Mac) Mac(KmsRequest request)
    {
        byte[] message = request.Bytes("Message", MaximumPlaintext);
        string algorithm = request.Required("MacAlgorithm");
        KmsKey key = directory.Usable(request, request.Required("KeyId"), KeySpecs.Mac);
        if (!KeySpecs.MacAlgorithmsOf(key).Contains(algorithm))
            throw KmsFault.Incompatible(algorithm, key);
        return (key, algorithm, CryptographicOperations.HmacData(new HashAlgorithmName("SHA" + algorithm[^3..]), key.Material, message));
    }

    private (KmsKey Key, byte[] Plaintext, string Algorithm) Open(KmsRequest request, string keyName, string algorithmName, string contextName, string action)
    {
        byte[] ciphertext = request.Bytes("CiphertextBlob", MaximumCiphertext);
        string algorithm = request.OneOf(algorithmName, KeySpecs.Symmetric, KeySpecs.Symmetric, "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256");
        SortedDictionary<string, string> context = request.Context(contextName);
        if (algorithm != KeySpecs.Symmetric)
        {
            KmsKey asymmetric = directory.Usable(request, request.Required(keyName), KeySpecs.Encrypt, context, action);
            if (!KeySpecs.EncryptionAlgorithmsOf(asymmetric).Contains(algorithm))
                throw KmsFault.Incompatible(algorithm, asymmetric);
            return (asymmetric, AsymmetricKeys.Decrypt(asymmetric, algorithm, ciphertext), algorithm);
        }

        // The caller's key is looked at first, then the one that the ciphertext names.
        KmsKey? named = request.Text(keyName) is { } name ? directory.Usable(request, name, KeySpecs.Encrypt, context, action) : null;
        KmsKey key = SymmetricCiphertext.KeyIdOf(ciphertext) is { } id && directory.ById(id) is { } maker ? maker : throw KmsFault.InvalidCiphertext();
        if (named is not null && named.Id != key.Id)
            throw KmsFault.IncorrectKey();
        directory.Usable(request, key.Arn, KeySpecs.Encrypt, context, action);
        return (key, SymmetricCiphertext.Open(key, ciphertext, context), algorithm);
    }

    private static (byte[] Ciphertext, string Algorithm) Seal(KmsRequest request, string algorithmName, string contextName, KmsKey key, byte[] plaintext)
    {
        string algorithm = request.OneOf(algorithmName, KeySpecs.Symmetric, KeySpecs.Symmetric, "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256");
        if (!KeySpecs.EncryptionAlgorithmsOf(key).Contains(algorithm))
            throw KmsFault.Incompatible(algorithm, key);
        if (key.Spec == KeySpecs.Symmetric)
            return (SymmetricCiphertext.Seal(key, plaintext, request.Context(contextName)), algorithm);
        return request.Context(contextName).Count == 0
            ? (AsymmetricKeys.Encrypt(key, algorithm, plaintext), algorithm)
            : throw KmsFault.Validation("Encryption context is not supported with asymmetric keys.");
    }

    private static void Reveal(KmsRequest request, JsonObject answer, byte[] plaintext)
    {
        if (request.Object("Recipient") is not { } recipient)
        {
            answer["Plaintext"] = Text(plaintext);
            return;
        }

        KmsRequest inner = new(request.Operation, recipient);
        inner.OneOf("KeyEncryptionAlgorithm", null, "RSAES_OAEP_SHA_256");
        answer["CiphertextForRecipient"] = Text(RecipientEnvelope.Seal(inner.Bytes("AttestationDocument", MaximumDocument), plaintext));
    }

    private static string Text(byte[] bytes) => Convert.ToBase64String(bytes);
}
