using Bulwark.Models.Pickle;
using Bulwark.Storage;

namespace Bulwark.Scanning.Pickle;

/// <summary>Scans pickles: whole files of them, or one at a place inside another format.</summary>
internal static class PickleScanner
{
    private const int MostPickles = 100_000;
    private const int HeadLength = 16;
    private const int PayloadHeadLength = 256;
    private const long TrialOpcodes = 10_000_000;

    // The pickle of 0x1950a86a20f9469cfc6c with which PyTorch's old format begins.
    private static ReadOnlySpan<byte> TorchMagic => [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E];

    /// <summary>Whether a head is that of a pickle of protocol 2 or later. Earlier ones have no magic: see <see cref="LooksLikePickleAsync"/>.</summary>
    public static bool LooksLikePickle(ReadOnlySpan<byte> head) => NestedBytes.IsBinaryPickle(head);

    /// <summary>Whether a head is that of PyTorch's old format.</summary>
    public static bool IsTorchMagic(ReadOnlySpan<byte> head) => head.StartsWith(TorchMagic);

    /// <summary>Whether there is a pickle of any protocol at a place, found by trying: it reaches its STOP, or a payload before that.</summary>
    public static async Task<bool> LooksLikePickleAsync(IObjectReader content, long offset, CancellationToken cancellationToken)
    {
        using var reader = new PickleReader(content, offset);
        return await TryAsync(reader, content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Scans a file of pickles: one after the other to the end, then what else is there.</summary>
    public static Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken) =>
        ScanAllAsync(content, path, depth, PickleScanOptions.Plain, context, cancellationToken);

    /// <summary>Scans one pickle at a place.</summary>
    /// <returns>Offset of the first byte after it; null when it is broken, which is in the findings.</returns>
    public static async Task<long?> ScanPickleAsync(
        IObjectReader content, long offset, string path, int depth, PickleScanOptions options, ScanContext context, CancellationToken cancellationToken)
    {
        using var reader = new PickleReader(content, offset);
        return await new PickleInterpreter(reader, content, path, depth, options, context).InterpretAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Scans a file of pickles with options.</summary>
    public static async Task ScanAllAsync(
        IObjectReader content, string path, int depth, PickleScanOptions options, ScanContext context, CancellationToken cancellationToken)
    {
        using var reader = new PickleReader(content, 0);
        for (int count = 0; ; count++)
        {
            if (await new PickleInterpreter(reader, content, path, depth, options, context).InterpretAsync(cancellationToken).ConfigureAwait(false) is not { } end)
                return;
            if (end == content.Source.Size)
                return;
            if (count == MostPickles)
            {
                context.Add(PickleRules.TooLarge, path, end, FormattableString.Invariant($"More than {MostPickles} pickles follow each other."));
                return;
            }

            byte[] head = new byte[Math.Min(HeadLength, content.Source.Size - end)];
            await ReadHeadAsync(reader, content, end, head, cancellationToken).ConfigureAwait(false);
            bool another = LooksLikePickle(head) || await TryAsync(reader, content, cancellationToken).ConfigureAwait(false);
            if (!another)
            {
                await ReportRestAsync(content, end, path, context, cancellationToken).ConfigureAwait(false);
                return;
            }

            reader.Seek(end);
        }
    }

    /// <summary>What a pickle would do that stands as data inside another format; null when there is none, or one that only holds data.</summary>
    /// <param name="content">Begins with what may be a pickle.</param>
    /// <param name="cancellationToken">Stops the scan.</param>
    public static async Task<string?> FindPayloadAsync(IObjectReader content, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(PayloadHeadLength, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (!LooksLikePickle(head) && !NestedBytes.IsTextPickle(head))
            return null;
        ScanContext aside = ScanContext.Aside(new ScanLimits { MaxOpcodes = TrialOpcodes, MaxDepth = 0 });
        using var reader = new PickleReader(content, 0);
        await new PickleInterpreter(reader, content, "", 0, PickleScanOptions.Torch, aside).InterpretAsync(cancellationToken).ConfigureAwait(false);
        return PickleInterpreter.PayloadOf(aside);
    }

    private static async ValueTask ReadHeadAsync(PickleReader reader, IObjectReader content, long offset, byte[] head, CancellationToken cancellationToken)
    {
        if (reader.TryPeek(offset, head.Length, out ReadOnlySpan<byte> held))
            held.CopyTo(head);
        else
            await content.ReadAsync(offset, head, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<bool> TryAsync(PickleReader reader, IObjectReader content, CancellationToken cancellationToken)
    {
        ScanContext aside = ScanContext.Aside(new ScanLimits { MaxOpcodes = TrialOpcodes, MaxDepth = 0 });
        long? end = await new PickleInterpreter(reader, content, "", 0, PickleScanOptions.Torch, aside).InterpretAsync(cancellationToken).ConfigureAwait(false);
        return aside.Findings.Any(f => f.Rule == PickleRules.DangerousGlobal || f.Rule == PickleRules.DangerousCall || f.Rule == PickleRules.ScannerTampering
                || f.Rule == PickleRules.TooLarge)
            || (end is not null && !aside.Findings.Any(f => f.Rule == PickleRules.ImpossibleName));
    }

    private static async Task ReportRestAsync(
        IObjectReader content, long offset, string path, ScanContext context, CancellationToken cancellationToken)
    {
        // Line ends and zeros are left by transfers and by padding; what follows them is what matters.
        byte[] buffer = new byte[1 << 16];
        long at = offset;
        while (at < content.Source.Size)
        {
            int length = (int)Math.Min(buffer.Length, content.Source.Size - at);
            await content.ReadAsync(at, buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            int other = buffer.AsSpan(0, length).IndexOfAnyExcept("\0\t\r\n "u8);
            at += other < 0 ? length : other;
            if (other >= 0)
                break;
        }

        if (at == content.Source.Size)
            return;
        byte[] head = new byte[Math.Min(HeadLength, content.Source.Size - at)];
        await content.ReadAsync(at, head, cancellationToken).ConfigureAwait(false);
        bool appended = head is [0x50, 0x4B, 3, 4, ..] or [0x50, 0x4B, 5, 6, ..] or [0x37, 0x7A, 0xBC, 0xAF, ..] or [0x7F, 0x45, 0x4C, 0x46, ..] or [0x4D, 0x5A, ..]
            or [0x1F, 0x8B, ..] or [0x42, 0x5A, 0x68, ..] or [0xFD, 0x37, 0x7A, ..] or [0x89, 0x48, 0x44, 0x46, ..] or [0x47, 0x47, 0x55, 0x46, ..];
        context.Add(appended ? PickleRules.AppendedFile : PickleRules.TrailingBytes, path, at,
            FormattableString.Invariant($"{content.Source.Size - at} bytes follow the last pickle{(appended ? ", as another file begins" : "")}."));
    }
}
