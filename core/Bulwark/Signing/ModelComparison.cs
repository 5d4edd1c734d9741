using System.Security.Cryptography;

namespace Bulwark.Signing;

/// <summary>
/// Compares what was signed with what is there. Names from a signature are only ever looked up among the files that were found; they are
/// never opened as paths, so no name can lead elsewhere.
/// </summary>
internal sealed class ModelComparison
{
    private const int NamesInAnError = 5;

    private readonly string _model;
    private readonly ModelManifest _manifest;
    private readonly List<HashRange> _ranges;

    private ModelComparison(string model, ModelManifest manifest, List<HashRange> ranges, List<UncoveredFile> uncovered)
    {
        _model = model;
        _manifest = manifest;
        _ranges = ranges;
        Uncovered = uncovered;
    }

    /// <summary>Files that the signature says nothing about, by name.</summary>
    public List<UncoveredFile> Uncovered { get; }

    /// <summary>Bytes to hash.</summary>
    public long Bytes => _ranges.Sum(range => range.End - range.Start);

    /// <summary>Compares the names, and the sizes where pieces are signed; reads no file.</summary>
    /// <exception cref="SigningException">BW1803, BW1808, BW1809, BW1812, BW1813.</exception>
    public static ModelComparison Prepare(string path, ModelManifest manifest, VerificationOptions options, CancellationToken cancellationToken)
    {
        string model = $"'{path}'";
        ModelTree tree = ModelTree.Locate(path, options.AllowSymlinks, options.LinkBoundary);
        HashSet<string> signed = SignedFiles(model, manifest, tree);
        Tolerance tolerance = new(manifest, options, path);
        string? signature = tree.NameOf(options.SignaturePath);

        Dictionary<string, ModelEntry> found = new(StringComparer.Ordinal);
        List<UncoveredFile> uncovered = [];
        List<string> unsigned = [];
        foreach (ModelEntry entry in tree.Walk(new IgnoredPaths([]), cancellationToken))
        {
            if (signed.Contains(entry.Name))
            {
                entry.ThrowIfRefused();
                found[entry.Name] = entry;
            }
            else if (entry.Name == signature)
            {
                continue;
            }
            else if (tolerance.Excuse(entry) is { } reason)
            {
                uncovered.Add(new UncoveredFile(entry.Name, reason));
            }
            else
            {
                entry.ThrowIfRefused();
                unsigned.Add(entry.Name);
            }
        }

        List<string> missing = [.. signed.Where(name => !found.ContainsKey(name))];
        if (missing.Count > 0)
            throw SigningException.Mismatch(model, $"{Listed(missing)} missing");
        if (unsigned.Count > 0)
            throw SigningException.Mismatch(model, $"{Listed(unsigned)} not signed");
        uncovered.Sort((a, b) => ModelPath.CompareByCodePoint(a.Name, b.Name));
        return new ModelComparison(model, manifest, Ranges(model, manifest, tree, found), uncovered);
    }

    /// <summary>Hashes what was signed and compares.</summary>
    /// <exception cref="SigningException">BW1803, BW1809, BW1810.</exception>
    public async Task CompareDigestsAsync(IProgress<long>? progress, CancellationToken cancellationToken)
    {
        byte[][] digests = await FileHasher.HashAsync(_ranges, _manifest.Serialization.HashType, progress, cancellationToken);
        List<string> changed = [];
        for (int i = 0; i < digests.Length; i++)
        {
            if (!CryptographicOperations.FixedTimeEquals(digests[i], _manifest.Resources[i].Digest.Span))
                changed.Add(_manifest.Resources[i].Name);
        }

        if (changed.Count > 0)
            throw SigningException.Mismatch(_model, $"{Listed(changed)} changed");
    }

    private static HashSet<string> SignedFiles(string model, ModelManifest manifest, ModelTree tree)
    {
        HashSet<string> files = new(StringComparer.Ordinal);
        foreach (ManifestResource resource in manifest.Resources)
            files.Add(FileOf(resource, manifest));
        bool whole = files.Contains(ModelPath.WholeModel);
        if (!tree.IsFile)
            return whole ? throw SigningException.Mismatch(model, "the signature is for one file, and this is a folder; name the file") : files;

        // The Python reference names the one file ".", the specification and the Go implementation by its own name.
        string own = manifest.Subject.Length > 0 ? manifest.Subject : tree.Subject;
        return files.Count == 1 && (whole || files.Contains(own))
            ? [ModelPath.WholeModel]
            : throw SigningException.Mismatch(model, "the signature is for a folder, and this is one file; name the folder");
    }

    private static List<HashRange> Ranges(string model, ModelManifest manifest, ModelTree tree, Dictionary<string, ModelEntry> found)
    {
        List<HashRange> ranges = new(manifest.Resources.Count);
        Dictionary<ModelEntry, long> ends = new(ReferenceEqualityComparer.Instance);
        foreach (ManifestResource resource in manifest.Resources)
        {
            ModelEntry file = found[tree.IsFile ? ModelPath.WholeModel : FileOf(resource, manifest)];
            if (manifest.Serialization.ShardSize is null)
            {
                ranges.Add(HashRange.Whole(file));
                continue;
            }

            ShardName shard = ShardName.Parse(resource.Name)!.Value;
            ranges.Add(new HashRange(file, shard.Start, shard.End));
            ends[file] = Math.Max(shard.End, ends.GetValueOrDefault(file));
        }

        // The pieces follow one another from the first byte on; the reader saw to that.
        List<string> resized = [.. ends.Where(end => end.Value != end.Key.Facts.Size).Select(end => end.Key.Name)];
        return resized.Count == 0 ? ranges : throw SigningException.Mismatch(model, $"{Listed(resized)} of another size");
    }

    private static string FileOf(ManifestResource resource, ModelManifest manifest) =>
        manifest.Serialization.ShardSize is null ? resource.Name : ShardName.Parse(resource.Name)!.Value.Path;

    private static string Listed(List<string> names)
    {
        names.Sort(ModelPath.CompareByCodePoint);
        string shown = string.Join(", ", names.Take(NamesInAnError).Select(name => $"'{name}'"));
        string rest = names.Count > NamesInAnError ? $" and {names.Count - NamesInAnError} more" : "";
        return $"{shown}{rest} {(names.Count == 1 ? "is" : "are")}";
    }
}
