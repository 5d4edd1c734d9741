using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Amazon.DynamoDBv2;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Bulwark.Audit;
using Bulwark.Aws;
using Bulwark.CloudDoubles.Kms;
using Bulwark.CloudDoubles.S3;
using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;
using Bulwark.Protection;
using Bulwark.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bulwark.Functions.Aws.Tests.EndToEnd;

/// <summary>Many uploads at once, each told of twice and in any order, while S3 and KMS fail now and then.</summary>
public sealed class ManyUploadsTests
{
    private const int Uploads = 200;
    private const int Workers = 20;
    private const int Attempts = 3;
    private const double Faults = 0.05;
    private const long MostGrowth = 96L << 20;

    [EmulatedFact]
    public async Task Each_is_protected_once_and_none_is_lost_in_flat_memory()
    {
        using MotoServer moto = await MotoServer.StartAsync();
        await using S3Double s3 = await S3Double.StartAsync();
        await using KmsDouble kms = await KmsDouble.StartAsync();
        AwsClients clients = new()
        {
            Region = "us-east-1",
            Credentials = new BasicAWSCredentials("anyone", "anyone"),
            Endpoint = moto.Address,
            S3Endpoint = s3.Address,
            KmsEndpoint = kms.Address,
            // Short, because every silence that is injected lasts as long.
            AttemptTimeout = TimeSpan.FromSeconds(3),
        };
        AwsSettings settings = await SetUpAsync(clients, s3);
        ObjectUploaded[] events = await UploadAsync(clients);
        s3.Faults.Share(Faults, seed: 5);
        kms.Faults.Set(Faults);

        Channel<ObjectUploaded> queue = Channel.CreateUnbounded<ObjectUploaded>();
        foreach (ObjectUploaded uploaded in Shuffled([.. events, .. events]))
            queue.Writer.TryWrite(uploaded);
        queue.Writer.Complete();
        ConcurrentBag<string> outcomes = [];
        ConcurrentBag<string> failures = [];
        long early = 0;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(i => Task.Run(async () =>
        {
            // Each worker is a sandbox of its own.
            await using AwsServices services = await AgainAsync(() => AwsServices.CreateAsync(settings, clients, $"worker-{i}", marks: true, CancellationToken.None), failures);
            Func<FunctionEvent, FunctionContext, CancellationToken, Task<FunctionAnswer>> function =
                FunctionCatalogue.Find(nameof(ProtectModel)).Create(new FunctionServices
                {
                    Protection = services.Protection,
                    ProtectedContainer = settings.ProtectedBucket,
                    Logger = NullLogger.Instance,
                    Settings = new FunctionSettings { ClaimPoll = TimeSpan.FromMilliseconds(200) },
                });
            await foreach (ObjectUploaded uploaded in queue.Reader.ReadAllAsync())
            {
                FunctionContext context = new() { InvocationId = Guid.NewGuid().ToString(), Function = nameof(ProtectModel), Deadline = DateTimeOffset.MaxValue };
                FunctionAnswer answer = await AgainAsync(() => function(uploaded, context, CancellationToken.None), failures);
                outcomes.Add(answer.Outcome);
                if (outcomes.Count >= Uploads / 2 && Interlocked.Read(ref early) == 0)
                    Interlocked.CompareExchange(ref early, MemoryInUse(), 0);
            }
        })));
        long late = MemoryInUse();
        s3.Faults.Clear();
        kms.Faults.Set(0);

        Assert.True(s3.Faults.Happened > 100 && kms.Faults.Injected > 20, $"{s3.Faults.Happened} and {kms.Faults.Injected} faults");
        Assert.Equal(2 * Uploads, outcomes.Count);
        Assert.Equal(Uploads, outcomes.Count(o => o == ProtectAnswer.Protected));
        Assert.Equal(Uploads, outcomes.Count(o => o == ProtectAnswer.AlreadyProtected));
        Assert.InRange(late, 1, early + MostGrowth);
        await using AwsServices reader = await AwsServices.CreateAsync(settings, clients, "reader", marks: false, CancellationToken.None);
        foreach (ObjectUploaded uploaded in events)
        {
            Assert.Single(s3.Versions(settings.ProtectedBucket, $"{uploaded.Name}.enc"));
            await using OpenedModel opened = await new ModelOpener(reader.Protection).OpenAsync(settings.ProtectedBucket, $"{uploaded.Name}.enc", CancellationToken.None);
            await opened.VerifyBodyAsync(progress: null, CancellationToken.None);
        }

        Assert.Equal(0, s3.OpenUploads);
        AuditReport report = await reader.Protection.Audit.VerifyAsync();
        Assert.Empty(report.Faults);
        List<string> logged = [];
        await foreach (AuditRecord record in reader.Protection.Audit.ReadAsync())
        {
            if (record.Entry.Action == "model.protected")
                logged.Add(record.Entry.Subject.Name!);
        }

        Assert.Equal(events.Select(e => $"{e.Name}.enc").Order(StringComparer.Ordinal), logged.Order(StringComparer.Ordinal));
    }

    /// <summary>What a platform does with an event that nobody waits for: it is tried again, and then put aside, which here is a failure.</summary>
    private static async Task<T> AgainAsync<T>(Func<Task<T>> work, ConcurrentBag<string> failures)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await work();
            }
            catch (BulwarkException error) when (attempt < Attempts)
            {
                failures.Add(error.Code);
            }
        }
    }

    private static async Task<AwsSettings> SetUpAsync(AwsClients clients, S3Double s3)
    {
        using IAmazonKeyManagementService kms = clients.CreateKms();
        using IAmazonDynamoDB dynamoDb = clients.CreateDynamoDb();
        await EmulatedAccount.CreateTableAsync(dynamoDb, EmulatedAccount.StateTable);
        foreach (string bucket in new[] { EmulatedAccount.UploadBucket, EmulatedAccount.ProtectedBucket, EmulatedAccount.QuarantineBucket, EmulatedAccount.AuditBucket })
            s3.CreateBucket(bucket, versioned: true);
        return new AwsSettings
        {
            ProtectedBucket = EmulatedAccount.ProtectedBucket,
            QuarantineBucket = EmulatedAccount.QuarantineBucket,
            AuditBucket = EmulatedAccount.AuditBucket,
            StateTable = EmulatedAccount.StateTable,
            WrappingKey = (await kms.CreateKeyAsync(new CreateKeyRequest())).KeyMetadata.Arn,
            SigningKey = (await kms.CreateKeyAsync(new CreateKeyRequest { KeySpec = KeySpec.ECC_NIST_P256, KeyUsage = KeyUsageType.SIGN_VERIFY })).KeyMetadata.Arn,
            LogOrigin = "bulwark.test/many",
        };
    }

    private static async Task<ObjectUploaded[]> UploadAsync(AwsClients clients)
    {
        using IAmazonS3 s3 = clients.CreateS3();
        ObjectUploaded[] events = new ObjectUploaded[Uploads];
        for (int i = 0; i < events.Length; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"team {i % 7}/model+{i}.safetensors");
            using MemoryStream body = new(Model(i));
            PutObjectResponse put = await s3.PutObjectAsync(new PutObjectRequest { BucketName = EmulatedAccount.UploadBucket, Key = name, InputStream = body });
            events[i] = new ObjectUploaded { Store = "s3", Container = EmulatedAccount.UploadBucket, Name = name, Version = S3ObjectStore.VersionOf(put.ETag, put.VersionId) };
        }

        return events;
    }

    private static byte[] Model(int seed)
    {
        Random random = new(seed);
        float[] weights = [.. Enumerable.Range(0, 64 * 96).Select(_ => (float)(0.02 * ((random.NextDouble() * 2) - 1)))];
        byte[] header = Encoding.UTF8.GetBytes($$$"""{"w":{"dtype":"F32","shape":[64,96],"data_offsets":[0,{{{weights.Length * sizeof(float)}}}]}}""");
        byte[] bytes = new byte[sizeof(long) + header.Length + (weights.Length * sizeof(float))];
        BitConverter.TryWriteBytes(bytes, (long)header.Length);
        header.CopyTo(bytes, sizeof(long));
        Buffer.BlockCopy(weights, 0, bytes, sizeof(long) + header.Length, weights.Length * sizeof(float));
        return bytes;
    }

    private static ObjectUploaded[] Shuffled(ObjectUploaded[] events)
    {
        new Random(11).Shuffle(events);
        return events;
    }

    /// <summary>What is alive; what a process holds besides depends on the tests that run beside this one.</summary>
    private static long MemoryInUse() => GC.GetTotalMemory(forceFullCollection: true);
}
