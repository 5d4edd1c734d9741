using System.Buffers;
using System.Security.Cryptography;

namespace Bulwark.Local.Files;

/// <summary>Names of files that are being written: <c>.bulwark-</c>, 24 hexadecimal digits, <c>.tmp</c>.</summary>
internal static class TemporaryName
{
    private const string Start = ".bulwark-";
    private const string End = ".tmp";
    private const int Digits = 24;
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    public static string Next() => Start + RandomNumberGenerator.GetHexString(Digits, lowercase: true) + End;

    public static bool Is(string leaf) =>
        leaf.Length == Start.Length + Digits + End.Length
        && leaf.StartsWith(Start, StringComparison.Ordinal)
        && leaf.EndsWith(End, StringComparison.Ordinal)
        && !leaf.AsSpan(Start.Length, Digits).ContainsAnyExcept(Hexadecimal);
}
