using Amazon.Runtime;
using Bulwark.CloudDoubles.Lambda;

namespace Bulwark.Functions.Aws.Tests.EndToEnd;

/// <summary>One account for all tests of a class, with its users, and with policies enforced. Tests keep apart by their keys.</summary>
public sealed class EmulatedAccountFixture : IAsyncLifetime
{
    private static readonly string[] Permissions = ["s3:GetObjectVersion", "s3:PutObject", "dynamodb:PutItem", "kms:Encrypt", "kms:Sign"];

    /// <summary>The account.</summary>
    internal EmulatedAccount Account { get; private set; } = null!;

    /// <summary>Lambda; whoever starts a sandbox gets the next event.</summary>
    internal LambdaRuntimeDouble Lambda { get; private set; } = null!;

    /// <summary>A user with the policy of ProtectModel's role.</summary>
    internal BasicAWSCredentials Function { get; private set; } = null!;

    /// <summary>Users with that policy less one permission.</summary>
    internal Dictionary<string, BasicAWSCredentials> Without { get; } = [];

    /// <inheritdoc />
    public async Task InitializeAsync()
    {
        if (EmulatedFactAttribute.Reason is not null)
            return;
        Lambda = await LambdaRuntimeDouble.StartAsync();
        Account = await EmulatedAccount.CreateAsync();
        Function = Account.AddUser("function", "ProtectModelRole");
        foreach (string permission in Permissions)
            Without[permission] = Account.AddUser($"without-{permission.Replace(':', '-')}", "ProtectModelRole", permission);
        await Account.EnforceAsync();
    }

    /// <inheritdoc />
    public async Task DisposeAsync()
    {
        if (Account is null)
            return;
        await Account.DisposeAsync();
        await Lambda.DisposeAsync();
    }
}
