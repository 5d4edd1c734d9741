using Bulwark.Models;
using Bulwark.Models.Torch;
using Bulwark.Models.Zip;
using Bulwark.Scanning.Containers;
using Bulwark.Scanning.Disguise;
using Bulwark.Scanning.Pickle;
using Bulwark.Storage;

namespace Bulwark.Scanning.Torch;

/// <summary>
/// Scans an archive of PyTorch: every member that is a pickle, whatever it is called, TorchScript's and packages' code, and whether
/// the storages are what the pickles say. Of storages only the first bytes are read.
/// </summary>
internal sealed class TorchZipScan(ZipDirectory directory, TorchZipLayout layout, ZipMembers members, string path, int depth, ScanContext context)
{
    private const int HeadLength = 128;
    private const long LongestTrial = 16 << 20;

    private readonly PickleScanOptions _options = new() { AllowPersistentIds = true, AllowTorchScriptClasses = layout.Kind == TorchZipKind.Script };

    /// <summary>Scans it.</summary>
    public async Task ScanAsync(CancellationToken cancellationToken)
    {
        // What torch.load takes comes first, so that its findings are among those that are kept.
        if (layout.Find("data.pkl") is { } data && MemberScan.TryEnter(path, depth, context))
            await members.ScanAsync(data, ScanPickleAsync, cancellationToken).ConfigureAwait(false);
        await members.ScanAsync(m => !layout.IsStorage(m), ScanMemberAsync, cancellationToken).ConfigureAwait(false);
        var window = new RangeWindow(directory.Reader);
        foreach (ZipMember storage in directory.Members.Where(layout.IsStorage))
        {
            if (!MemberScan.TryEnter(path, depth, context))
                return;
            if (storage.Method == ZipMember.Stored && directory.OpenRaw(storage) is { } content)
                await LookAtStorageAsync(window, storage, content, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await TorchZipFile.ReadAsync(directory, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException e)
        {
            TorchFaults.Report(e, path, context);
        }
    }

    private async Task ScanPickleAsync(IObjectReader content, string member, int at, ScanContext into, CancellationToken cancellationToken) =>
        await PickleScanner.ScanAllAsync(content, member, at + 1, _options, into, cancellationToken).ConfigureAwait(false);

    private async Task ScanMemberAsync(IObjectReader content, string member, int at, ScanContext into, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(HeadLength, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        string name = member[(path.Length + 1)..];
        bool isCode = name.EndsWith(".py", StringComparison.OrdinalIgnoreCase);
        bool isPickle = PickleScanner.LooksLikePickle(head)
            || name.EndsWith(".pkl", StringComparison.OrdinalIgnoreCase)
            || (!isCode && content.Source.Size is > 1 and <= LongestTrial && await PickleScanner.LooksLikePickleAsync(content, 0, cancellationToken).ConfigureAwait(false));
        if (isPickle)
        {
            await ScanPickleAsync(content, member, at, into, cancellationToken).ConfigureAwait(false);
        }
        else if (layout.Kind == TorchZipKind.Package && name.EndsWith(".data/extern_modules", StringComparison.OrdinalIgnoreCase))
        {
            TorchCode.ScanExterns(await TorchCode.TextAsync(content, cancellationToken).ConfigureAwait(false), member, into);
        }
        else if (isCode)
        {
            string text = await TorchCode.TextAsync(content, cancellationToken).ConfigureAwait(false);
            if (layout.Kind == TorchZipKind.Script && name.StartsWith(layout.Root + "code/", StringComparison.OrdinalIgnoreCase))
                TorchCode.ScanScript(text, member, into);
            else
                TorchCode.ScanPython(text, member, into);
        }
        else
        {
            await MemberScan.ScanAsync(content, member, at, into, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task LookAtStorageAsync(RangeWindow window, ZipMember storage, IObjectReader content, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[(int)Math.Min(HeadLength, content.Source.Size)];
        (await window.GetAsync(storage.DataOffset!.Value, bytes.Length, cancellationToken).ConfigureAwait(false)).CopyTo(bytes);
        string place = $"{path}!{storage.Name}";
        if (FileSignature.Of(bytes) is (ForeignKind.Program, var name))
            context.Add(TorchRules.StorageContent, place, 0, $"It begins as {name} does.");
        else if (PickleScanner.LooksLikePickle(bytes) && await PickleScanner.LooksLikePickleAsync(content, 0, cancellationToken).ConfigureAwait(false))
            context.Add(TorchRules.StorageContent, place, 0, "It begins with a pickle.");
        else if (await PickleScanner.FindPayloadAsync(content, cancellationToken).ConfigureAwait(false) is { } payload)
            context.Add(TorchRules.StorageContent, place, 0, $"It is a pickle: {payload}");
        else if (bytes is [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C, ..] or [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..])
            await ScanArchiveAsync(content, place, cancellationToken).ConfigureAwait(false);
    }

    private async Task ScanArchiveAsync(IObjectReader content, string place, CancellationToken cancellationToken)
    {
        context.Add(TorchRules.StorageContent, place, 0, "It begins as an archive does.");
        await MemberScan.ScanAsync(content, place, depth, context, cancellationToken).ConfigureAwait(false);
    }
}
