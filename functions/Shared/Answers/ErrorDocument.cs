using System.Text.Json;

namespace Bulwark.Functions.Answers;

/// <summary>An error in JSON, as the command line prints it too.</summary>
/// <param name="Error">The error.</param>
public sealed record ErrorDocument(ErrorDocument.Description Error)
{
    /// <summary>An error.</summary>
    /// <param name="Code">Its code.</param>
    /// <param name="Message">The sentence.</param>
    /// <param name="Remedy">What to do.</param>
    public sealed record Description(string Code, string Message, string Remedy);

    /// <summary>Describes an error.</summary>
    public static ErrorDocument Of(BulwarkException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new ErrorDocument(new Description(error.Code, error.Message, error.Remedy));
    }

    /// <summary>UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, AnswerJson.Default.ErrorDocument);
}
