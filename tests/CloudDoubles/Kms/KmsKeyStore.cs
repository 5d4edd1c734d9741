using System.Text.Json;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>The double's keys and aliases, in memory or in a JSON file that several processes share. Secrets in clear: this is for tests.</summary>
internal sealed class KmsKeyStore
{
    private readonly Lock _gate = new();
    private readonly string? _path;
    private Content _content = new([], []);
    private DateTime _readAt;

    public KmsKeyStore(string? path)
    {
        _path = path;
        Refresh();
    }

    public IReadOnlyList<KmsKey> Keys => Read().Keys;

    public IReadOnlyDictionary<string, string> Aliases => Read().Aliases;

    public void Put(KmsKey key) => Change(content => content.Keys = [.. content.Keys.Where(k => k.Id != key.Id), key]);

    public void PutAlias(string name, string keyId) => Change(content => content.Aliases[name] = keyId);

    private Content Read()
    {
        lock (_gate)
        {
            Refresh();
            return _content;
        }
    }

    private void Change(Action<Content> change)
    {
        lock (_gate)
        {
            using FileStream? exclusive = Lock();
            Refresh();
            // Readers may hold the present one.
            Content next = new([.. _content.Keys], new(_content.Aliases));
            change(next);
            _content = next;
            if (_path is null)
                return;
            string draft = _path + ".new";
            File.WriteAllText(draft, JsonSerializer.Serialize(next));
            File.Move(draft, _path, overwrite: true);
            _readAt = File.GetLastWriteTimeUtc(_path);
        }
    }

    private FileStream? Lock()
    {
        for (int attempt = 0; _path is not null; attempt++)
        {
            try
            {
                return new FileStream(_path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < 1000)
            {
                Thread.Sleep(5);
            }
        }

        return null;
    }

    private void Refresh()
    {
        if (_path is null || !File.Exists(_path) || File.GetLastWriteTimeUtc(_path) is var written && written == _readAt)
            return;
        _content = JsonSerializer.Deserialize<Content>(File.ReadAllText(_path))!;
        _readAt = written;
    }

    private sealed class Content(List<KmsKey> keys, Dictionary<string, string> aliases)
    {
        public List<KmsKey> Keys { get; set; } = keys;

        public Dictionary<string, string> Aliases { get; } = aliases;
    }
}
