namespace Bulwark.Findings;

/// <summary>Whose findings ASFF documents are.</summary>
/// <param name="AccountId">The account, 12 digits.</param>
/// <param name="Region">The region, such as <c>eu-central-1</c>.</param>
/// <param name="Partition"><c>aws</c>, <c>aws-cn</c> or <c>aws-us-gov</c>.</param>
public sealed record AsffAccount(string AccountId, string Region, string Partition = "aws")
{
    /// <summary>The product under which an account's own tools report; it needs no subscription.</summary>
    public string ProductArn => $"arn:{Partition}:securityhub:{Region}:{AccountId}:product/{AccountId}/default";
}
