using System.Security.Cryptography;
using System.Text.Json;
using Bulwark.Models;
using Bulwark.Testing;

namespace Bulwark.Tests.Models;

/// <summary>The network that the samples hold in every format, with the hash of each tensor.</summary>
internal static class DigitsCnn
{
    /// <summary>Compares the tensors that have a name of the network; returns how many there are.</summary>
    public static int Check(ModelFile file, byte[] bytes)
    {
        Layout.AssertSound(file);
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(SharedData.PathOf("models", "digits_cnn.expected.json")));
        int found = 0;
        foreach (JsonProperty entry in expected.RootElement.GetProperty("tensors").EnumerateObject())
        {
            if (file.Tensors.SingleOrDefault(t => t.Name == entry.Name) is not { } tensor)
                continue;
            string hash = Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan((int)tensor.Offset, (int)tensor.Length)));
            Assert.Equal(
                (entry.Name, entry.Value.GetProperty("dtype").GetString(), entry.Value.GetProperty("sha256").GetString(), string.Join(',', entry.Value.GetProperty("shape").EnumerateArray())),
                (tensor.Name, tensor.DType.ToString(), hash, string.Join(',', tensor.Shape)));
            found++;
        }

        return found;
    }
}
