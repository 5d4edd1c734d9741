namespace Bulwark.CloudDoubles.S3;

/// <summary>A call that the double received.</summary>
/// <param name="Operation">The operation as S3's API reference names it, such as <c>UploadPart</c>.</param>
/// <param name="Bucket">The bucket; empty for none.</param>
/// <param name="Key">The key; empty for none.</param>
/// <param name="Number">How many calls of this operation came so far, this one included.</param>
public sealed record S3Call(string Operation, string Bucket, string Key, int Number);
