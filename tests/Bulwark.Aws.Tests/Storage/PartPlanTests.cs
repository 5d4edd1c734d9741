using Bulwark.Aws.Buckets;

namespace Bulwark.Aws.Tests.Storage;

public sealed class PartPlanTests
{
    [Fact]
    public void Ten_thousand_parts_hold_the_largest_object_and_small_memory_goes_far()
    {
        long total = 0, withinBudget = 0;
        for (int number = 1; number <= 10_000; number++)
        {
            PartPlan plan = PartPlan.Of(number);
            Assert.InRange(plan.Size, 5 << 20, Array.MaxLength);
            total += plan.Size;
            if ((long)plan.Size * plan.AtOnce <= 100L << 20)
                withinBudget = total;
        }

        Assert.True(total >= PartPlan.MaxObjectBytes);
        Assert.True(withinBudget >= 240L << 30, $"{withinBudget >> 30} GiB");
    }
}
