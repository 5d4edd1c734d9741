using System.Text;

namespace Bulwark.CloudDoubles.S3;

/// <summary>What the double answers.</summary>
internal sealed class S3Answer(int status)
{
    public int Status => status;

    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>The body, piece by piece.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Body { get; private init; } = [];

    /// <summary>The body's length; for HEAD the length that GET would have.</summary>
    public long Length { get; init; }

    public static S3Answer Empty(int status = 200) => new(status);

    public static S3Answer Of(int status, IReadOnlyList<ReadOnlyMemory<byte>> body) => new(status) { Body = body, Length = body.Sum(p => (long)p.Length) };

    public static S3Answer Xml(string xml, int status = 200)
    {
        byte[] bytes = Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml);
        S3Answer answer = Of(status, [bytes]);
        answer.Headers["Content-Type"] = "application/xml";
        return answer;
    }
}
