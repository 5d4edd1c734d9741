using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Bulwark.Aws.Tests.Storage;
using Bulwark.State;
using Bulwark.Testing;

namespace Bulwark.Aws.Tests.State;

public sealed class DynamoDbOnMotoTests(MotoFixture moto) : IClassFixture<MotoFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    public static TheoryData<string> Promises => [.. StateStorePromises.Names];

    [ProgramTheory("moto_server")]
    [MemberData(nameof(Promises))]
    public async Task The_store_keeps_its_promises(string promise)
    {
        using IAmazonDynamoDB client = (await moto.ClientsAsync()).CreateDynamoDb();
        await new StateStorePromises(new DynamoDbStateStore(client, await CreateTableAsync(client))).CheckAsync(promise);
    }

    [ProgramFact("moto_server")]
    public async Task A_table_that_is_not_there_is_called_unavailable()
    {
        using IAmazonDynamoDB client = (await moto.ClientsAsync()).CreateDynamoDb();
        DynamoDbStateStore store = new(client, "missing");
        StateException error = await Assert.ThrowsAsync<StateException>(() => store.GetAsync("c", "id", None));
        Assert.Equal("BW1102", error.Code);
        Assert.Contains("no table", error.Message, StringComparison.Ordinal);
    }

    [ProgramFact("moto_server")]
    public async Task An_item_of_another_program_is_called_damaged()
    {
        using IAmazonDynamoDB client = (await moto.ClientsAsync()).CreateDynamoDb();
        string table = await CreateTableAsync(client);
        await client.PutItemAsync(table, new Dictionary<string, AttributeValue> { ["pk"] = new("c"), ["sk"] = new("id"), ["x"] = new("y") });
        StateException error = await Assert.ThrowsAsync<StateException>(() => new DynamoDbStateStore(client, table).GetAsync("c", "id", None));
        Assert.Equal("BW1101", error.Code);
    }

    private static async Task<string> CreateTableAsync(IAmazonDynamoDB client)
    {
        string table = $"t-{Guid.NewGuid():N}";
        await client.CreateTableAsync(new CreateTableRequest
        {
            TableName = table,
            BillingMode = BillingMode.PAY_PER_REQUEST,
            AttributeDefinitions = [new("pk", ScalarAttributeType.S), new("sk", ScalarAttributeType.S)],
            KeySchema = [new("pk", KeyType.HASH), new("sk", KeyType.RANGE)],
        });
        return table;
    }
}
