namespace Bulwark.Models.Pickle;

/// <summary>A dict.</summary>
internal sealed class PickleDictionary : PickleValue
{
    /// <summary>Its entries, as they were set; a key may come twice, and then the last one counts.</summary>
    public List<KeyValuePair<PickleValue, PickleValue>> Entries { get; } = [];

    /// <summary>The value of a text key; null when there is none.</summary>
    public PickleValue? Find(string key) => Find(Entries, key);

    /// <summary>The last value of a text key among entries; null when there is none.</summary>
    public static PickleValue? Find(IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> entries, string key)
    {
        for (int i = entries.Count - 1; i >= 0; i--)
        {
            if (entries[i].Key.AsText == key)
                return entries[i].Value;
        }

        return null;
    }
}
