namespace Bulwark.Aws.Buckets;

/// <summary>
/// Sizes of the parts of an upload whose length nobody knows when it begins. S3 takes 10,000 parts of 5 MiB to 5 GiB and objects of
/// 5 TiB, so parts grow, and fewer are held at once.
/// <code>
/// part            size      held at once   memory     object up to
/// 1..500          8 MiB     5              40 MiB     3.9 GiB
/// 501..1000       16 MiB    5              80 MiB     11.7 GiB
/// 1001..2000      32 MiB    3              96 MiB     43 GiB
/// 2001..6400      48 MiB    2              96 MiB     249 GiB
/// 6401..6800      256 MiB   2              512 MiB    349 GiB
/// 6801..10000     1.5 GiB   2              3 GiB      5.03 TiB
/// </code>
/// Held are the part that is being filled and those on their way. No plan with equal memory reaches 5 TiB, because a part must be
/// kept until it has arrived.
/// </summary>
/// <param name="Size">Bytes of the part.</param>
/// <param name="AtOnce">How many parts are held.</param>
internal readonly record struct PartPlan(int Size, int AtOnce)
{
    /// <summary>The largest object.</summary>
    public const long MaxObjectBytes = 5L << 40;

    /// <summary>The same, for people.</summary>
    public const string MaxObjectInWords = "5 TiB";

    /// <summary>The plan of a part, counted from 1.</summary>
    public static PartPlan Of(int number) => number switch
    {
        <= 500 => new(8 << 20, 5),
        <= 1000 => new(16 << 20, 5),
        <= 2000 => new(32 << 20, 3),
        <= 6400 => new(48 << 20, 2),
        <= 6800 => new(256 << 20, 2),
        _ => new(1536 << 20, 2),
    };
}
