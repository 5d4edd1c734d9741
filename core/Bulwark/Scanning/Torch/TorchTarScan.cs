using System.Buffers.Binary;
using Bulwark.Models;
using Bulwark.Models.Pickle;
using Bulwark.Models.Tar;
using Bulwark.Models.Torch;
using Bulwark.Scanning.Pickle;
using Bulwark.Storage;

namespace Bulwark.Scanning.Torch;

/// <summary>Scans PyTorch's oldest form, a tar archive, which torch.load still takes (CVE-2025-32434): every pickle in each of its members.</summary>
internal sealed class TorchTarScan(TarArchive archive, string path, int depth, ScanContext context)
{
    private const int MostTensors = TorchTensorFinder.MaxTensors;

    private static readonly PickleScanOptions Options = new() { AllowPersistentIds = true, AllowTextIds = true };
    private static readonly PickleEvaluationLimits Limits = new() { MaxNodes = 100_000, MaxTextBytes = 1 << 20 };

    /// <summary>Whether a member is one of the form's own.</summary>
    public static bool IsOwn(TarMember member) => member is { IsFile: true, Name: "pickle" or "storages" or "tensors" or "sys_info" };

    /// <summary>Scans them.</summary>
    public async Task ScanAsync(CancellationToken cancellationToken)
    {
        foreach (TarMember member in archive.Members.Where(IsOwn))
        {
            IObjectReader content = archive.Open(member);
            string name = $"{path}!{member.Name}";
            if (member.Name is "storages" or "tensors")
                await ScanSeriesAsync(content, member.Name == "tensors", name, cancellationToken).ConfigureAwait(false);
            else
                await PickleScanner.ScanAllAsync(content, name, depth + 1, Options, context, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await TorchTarFile.ReadAsync(archive, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException e)
        {
            TorchFaults.Report(e, path, context);
        }
    }

    // A pickle of the number, then for each a pickle and raw bytes behind it, then perhaps one more pickle.
    private async Task ScanSeriesAsync(IObjectReader content, bool tensors, string name, CancellationToken cancellationToken)
    {
        try
        {
            (long offset, PickleValue? number) = await NextAsync(content, 0, name, cancellationToken).ConfigureAwait(false);
            long count = Math.Min(number?.AsInteger ?? 0, MostTensors);
            for (long i = 0; i < count && number is not null; i++)
            {
                (offset, PickleValue? head) = await NextAsync(content, offset, name, cancellationToken).ConfigureAwait(false);
                if (head is null)
                    return;
                offset = tensors ? await TensorEndAsync(content, offset, cancellationToken).ConfigureAwait(false) : await StorageEndAsync(content, head, offset, cancellationToken).ConfigureAwait(false);
                if (offset < 0)
                {
                    context.Add(TorchRules.Structure, name, null, FormattableString.Invariant($"Entry {i} has an impossible size."));
                    return;
                }
            }

            while (number is not null && offset < content.Source.Size)
                (offset, number) = await NextAsync(content, offset, name, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException e)
        {
            context.Add(TorchRules.Structure, name, null, e.Message);
        }
    }

    private async Task<(long End, PickleValue? Value)> NextAsync(IObjectReader content, long offset, string name, CancellationToken cancellationToken)
    {
        if (await PickleScanner.ScanPickleAsync(content, offset, name, depth + 1, Options, context, cancellationToken).ConfigureAwait(false) is not { } end)
            return (offset, null);
        PickleEvaluation evaluation = await PickleEvaluator.EvaluateAsync(content, offset, Limits, cancellationToken).ConfigureAwait(false);
        return (end, evaluation.Value);
    }

    private static async Task<long> StorageEndAsync(IObjectReader content, PickleValue head, long offset, CancellationToken cancellationToken)
    {
        int? size = head.AsSequence is [_, _, PickleGlobal type] ? TorchElement.OfStorage(type.Name)?.Size : null;
        if (size is not { } width || offset > content.Source.Size - sizeof(long))
            return -1;
        byte[] bytes = new byte[sizeof(long)];
        await content.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
        long count = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        offset += bytes.Length;
        return count >= 0 && count <= (content.Source.Size - offset) / width ? offset + (count * width) : -1;
    }

    private static async Task<long> TensorEndAsync(IObjectReader content, long offset, CancellationToken cancellationToken)
    {
        const int HeadLength = 8;
        const int MaxDimensions = 64;
        if (offset > content.Source.Size - HeadLength)
            return -1;
        byte[] bytes = new byte[HeadLength];
        await content.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
        int dimensions = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (dimensions is < 0 or > MaxDimensions)
            return -1;
        long end = offset + HeadLength + (2L * dimensions * sizeof(long)) + sizeof(long);
        return end <= content.Source.Size ? end : -1;
    }
}
