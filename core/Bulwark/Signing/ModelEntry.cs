namespace Bulwark.Signing;

/// <summary>Something that stands in a model's folder and is not a folder itself.</summary>
/// <param name="Name">Path below the root, <c>/</c>-separated; <c>.</c> for a model that is one file.</param>
/// <param name="Path">Where its bytes are: the target, for a link that may be followed.</param>
/// <param name="Facts">What it was when the folder was walked.</param>
internal sealed record ModelEntry(string Name, string Path, FileFacts Facts)
{
    /// <summary>Why it can be neither signed nor verified, or null for a plain file.</summary>
    public string? Refusal { get; init; }

    /// <exception cref="SigningException">BW1808.</exception>
    public void ThrowIfRefused()
    {
        if (Refusal is { } why)
            throw SigningException.NotAPlainFile(Name, why);
    }
}
