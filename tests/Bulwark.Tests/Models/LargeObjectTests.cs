using System.Text;
using Bulwark.Models;
using Bulwark.Models.Pickle;
using Bulwark.Scanning;
using Bulwark.Tests.Models.Gguf;
using Bulwark.Tests.Models.Hdf5;
using Bulwark.Tests.Models.Onnx;
using Bulwark.Tests.Models.Pickle;
using Bulwark.Tests.Models.Torch;
using Bulwark.Tests.Scanning.Pickle;

namespace Bulwark.Tests.Models;

/// <summary>Files of several gigabytes, of which only the structure exists: each format is mapped beyond 2 GiB, from few bytes. ONNX and SavedModel cannot be as large.</summary>
public sealed class LargeObjectTests
{
    private const long Large = 5L << 30;
    private const int Elements = (int)(Large / sizeof(float));
    private const int Small = 64;

    [Fact]
    public async Task Gguf()
    {
        byte[] head = new GgufBuilder().Tensor("w", 0, [Elements], []).Tensor("v", 0, [Small], [], Large).Build();
        await AssertMappedAsync(new SparseReader("m.gguf", head.Length + Large + (4 * Small), (0, head)), "gguf", ("w", head.Length, Large), ("v", head.Length + Large, 4 * Small));
    }

    [Fact]
    public async Task Npy()
    {
        byte[] head = NpyHead(Elements);
        await AssertMappedAsync(new SparseReader("w.npy", head.Length + Large, (0, head)), "npy", ("w", head.Length, Large));
    }

    [Fact]
    public async Task TorchSharp()
    {
        byte[] head = [2, 1, (byte)'w', 6, 1, .. Proto.Varint(Elements)];
        byte[] second = [1, (byte)'v', 6, 1, Small];
        long at = head.Length + Large;
        await AssertMappedAsync(
            new SparseReader("m.dat", at + second.Length + (4 * Small), (0, head), (at, second)), "torchsharp",
            ("w", head.Length, Large), ("v", at + second.Length, 4 * Small));
    }

    [Fact]
    public async Task Legacy_PyTorch()
    {
        byte[] head =
        [
            0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.',
            0x80, 2, 0x4D, 0xE9, 3, (byte)'.',
            0x80, 2, (byte)'}', (byte)'.',
            .. new TorchPickle { Elements = Elements, Shape = [Elements] }.Build(),
            0x80, 2, (byte)']', (byte)'X', 1, 0, 0, 0, (byte)'0', (byte)'a', (byte)'.',
            .. BitConverter.GetBytes((long)Elements),
        ];
        await AssertMappedAsync(new SparseReader("m.pth", head.Length + Large, (0, head)), "pytorch-legacy", ("w", head.Length, Large));
    }

    [Fact]
    public async Task Hdf5()
    {
        const long Data = 3L << 30;
        var file = new Hdf5Builder();
        long set = file.Header(Hdf5Builder.Space(Elements), Hdf5Builder.FloatType(), Hdf5Builder.Contiguous(Data, Large));
        byte[] head = file.ToArray(file.Header(Hdf5Builder.Link("w", set)), Data + Large);
        await AssertMappedAsync(new SparseReader("m.h5", Data + Large, (0, head)), "hdf5", ("w", Data, Large));
    }

    [Fact]
    public async Task PyTorch_as_a_zip64_archive()
    {
        var archive = new SparseZip();
        archive.Add("m/data.pkl", new TorchPickle { Elements = Elements, Shape = [Elements] }.Build());
        long data = archive.Add("m/data/0", [], Large);
        archive.Add("m/version", "3\n"u8.ToArray());
        await AssertMappedAsync(archive.Open("m.pt"), "pytorch", ("w", data, Large));
    }

    [Fact]
    public async Task Npz_as_a_zip64_archive()
    {
        var archive = new SparseZip();
        byte[] head = NpyHead(Elements);
        long first = archive.Add("w.npy", head, head.Length + Large);
        byte[] second = NpyHead(Small);
        long last = archive.Add("v.npy", second, second.Length + (4 * Small));
        await AssertMappedAsync(archive.Open("m.npz"), "npz", ("w", first + head.Length, Large), ("v", last + second.Length, 4 * Small));
    }

    [Fact]
    public async Task An_array_in_a_pickle_of_protocol_4()
    {
        byte[] head = new PickleWriter().Proto(4).Op(PickleOpcode.EmptyDict).Text("w").Global("numpy.core.multiarray", "_reconstruct").Op(PickleOpcode.EmptyTuple, PickleOpcode.Reduce)
            .Op(PickleOpcode.Mark).Int(1).Int(Elements).Op(PickleOpcode.Tuple1).Global("numpy", "dtype").Text("f4").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Op(PickleOpcode.NewFalse)
            .Op(PickleOpcode.BinBytes8).Raw(BitConverter.GetBytes(Large)).ToArray();
        byte[] tail = new PickleWriter().Op(PickleOpcode.Tuple, PickleOpcode.Build, PickleOpcode.SetItem, PickleOpcode.Stop).ToArray();
        await AssertMappedAsync(new SparseReader("m.pkl", head.Length + Large + tail.Length, (0, head), (head.Length + Large, tail)), "pickle", ("w", head.Length, Large));
    }

    [Fact]
    public async Task Arrays_that_joblib_writes_into_the_stream()
    {
        byte[] head = Wrapper(new PickleWriter().Proto(4).Op(PickleOpcode.EmptyDict).Text("w"), Elements);
        byte[] next = Wrapper(new PickleWriter().Op(PickleOpcode.SetItem).Text("v"), Small);
        byte[] tail = new PickleWriter().Op(PickleOpcode.SetItem, PickleOpcode.Stop).ToArray();
        long at = head.Length + Large, last = at + next.Length;
        await AssertMappedAsync(
            new SparseReader("m.joblib", last + (4 * Small) + tail.Length, (0, head), (at, next), (last + (4 * Small), tail)), "joblib",
            ("w", head.Length, Large), ("v", last, 4 * Small));

        static byte[] Wrapper(PickleWriter pickle, int elements) => pickle
            .StackGlobal("joblib.numpy_pickle", "NumpyArrayWrapper").Op(PickleOpcode.EmptyTuple, PickleOpcode.NewObj, PickleOpcode.EmptyDict, PickleOpcode.Mark)
            .Text("shape").Int(elements).Op(PickleOpcode.Tuple1).Text("order").Text("C")
            .Text("dtype").StackGlobal("numpy", "dtype").Text("f4").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce)
            .Op(PickleOpcode.SetItems, PickleOpcode.Build).ToArray();
    }

    [Fact]
    public async Task PyTorch_as_a_tar_archive()
    {
        byte[] pickle = new TorchPickle { Elements = Elements, Shape = [Elements] }.Build();
        byte[] storages =
        [
            .. new PickleWriter().Proto(2).Int(1).Stop().ToArray(),
            .. new PickleWriter().Proto(2).Op(PickleOpcode.Mark).Text("0").Text("cpu").Global("torch", "FloatStorage").Op(PickleOpcode.Tuple).Stop().ToArray(),
            .. BitConverter.GetBytes((long)Elements),
        ];
        byte[] views = new PickleWriter().Proto(2).Op(PickleOpcode.EmptyList).Stop().ToArray();
        long length = storages.Length + Large + views.Length;
        long first = 512 + Filled(pickle.Length), data = first + 512 + storages.Length;
        await AssertMappedAsync(
            new SparseReader(
                "m.tar", first + 512 + Filled(length) + 1024,
                (0, TarHead("pickle", pickle.Length)), (512, pickle), (first, TarHead("storages", length)), (first + 512, storages), (data + Large, views)),
            "pytorch-tar", ("w", data, Large));
    }

    [Fact]
    public async Task Members_of_a_tar_archive_behind_gigabytes_are_scanned()
    {
        byte[] hostile = new PickleWriter().Proto(2).Call("os", "system", "id").Stop().ToArray();
        long second = 512 + Large;
        var reader = new SparseReader(
            "m.tar", second + 512 + Filled(hostile.Length) + 1024,
            (0, TarHead("zeros.bin", Large)), (second, TarHead("a.pkl", hostile.Length)), (second + 512, hostile));
        ScanReport report = await new ModelScanner().ScanAsync(reader, null, CancellationToken.None);
        Assert.Equal(Verdict.Malicious, report.Verdict);
        Assert.True(reader.BytesRead < 64 << 20, $"{reader.BytesRead} bytes were read");
    }

    private static long Filled(long length) => (length + 511) / 512 * 512;

    private static byte[] TarHead(string name, long length)
    {
        byte[] head = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(head, 0);
        Encoding.ASCII.GetBytes("0000644").CopyTo(head, 100);
        Encoding.ASCII.GetBytes(Convert.ToString(length, 8).PadLeft(11, '0')).CopyTo(head, 124);
        Encoding.ASCII.GetBytes("00000000000").CopyTo(head, 136);
        head.AsSpan(148, 8).Fill((byte)' ');
        head[156] = (byte)'0';
        Encoding.ASCII.GetBytes("ustar").CopyTo(head, 257);
        Encoding.ASCII.GetBytes("00").CopyTo(head, 263);
        Encoding.ASCII.GetBytes(Convert.ToString(head.Sum(b => b), 8).PadLeft(6, '0')).CopyTo(head, 148);
        head[154] = 0;
        return head;
    }

    private static async Task AssertMappedAsync(SparseReader reader, string format, params (string Name, long Offset, long Length)[] tensors)
    {
        ModelFile file = await ModelFile.OpenAsync(reader, CancellationToken.None);
        Assert.Equal(format, file.Format);
        Assert.Equal(tensors, file.Tensors.Select(t => (t.Name, t.Offset, t.Length)));
        Layout.AssertSound(file);
        // The five pickles of the old format are read through a window of a megabyte each.
        Assert.True(reader.BytesRead < 8 << 20, $"{reader.BytesRead} bytes were read");
        // The windows of the passes reach the end, and no tensor is cut off.
        List<FileWindow> windows = [.. FileWindow.Cut(reader.Source.Size, file.Tensors)];
        Assert.Equal(reader.Source.Size, windows[^1].Offset + windows[^1].Length);
        Assert.Equal(tensors.Sum(t => t.Length), windows.Sum(w => w.Slices.Sum(s => (long)s.Length)));
    }

    private static byte[] NpyHead(long elements)
    {
        string text = FormattableString.Invariant($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({elements},), }}");
        text = text.PadRight(118 - 1) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, .. BitConverter.GetBytes((ushort)text.Length), .. Encoding.ASCII.GetBytes(text)];
    }

    /// <summary>An archive with sizes and offsets of 64 bits whose members are zero but for their first bytes, without checksums.</summary>
    private sealed class SparseZip
    {
        private readonly List<(long Offset, byte[] Bytes)> _pieces = [];
        private readonly List<byte> _directory = [];
        private long _end;
        private int _count;

        /// <summary>Adds a stored member and returns where its data begins.</summary>
        public long Add(string name, byte[] content, long? length = null)
        {
            long size = length ?? content.Length;
            byte[] own = Encoding.ASCII.GetBytes(name);
            byte[] wide = [1, 0, 16, 0, .. BitConverter.GetBytes(size), .. BitConverter.GetBytes(size)];
            byte[] fields = [45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, (byte)own.Length, 0];
            byte[] local = [.. "PK\u0003\u0004"u8, .. fields, (byte)wide.Length, 0, .. own, .. wide];
            byte[] all = [1, 0, 24, 0, .. BitConverter.GetBytes(size), .. BitConverter.GetBytes(size), .. BitConverter.GetBytes(_end)];
            _directory.AddRange([.. "PK\u0001\u0002"u8, 45, 3, .. fields, (byte)all.Length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, .. own, .. all]);
            _pieces.Add((_end, [.. local, .. content]));
            long data = _end + local.Length;
            _end = data + size;
            _count++;
            return data;
        }

        /// <summary>Closes it.</summary>
        public SparseReader Open(string name)
        {
            long end = _end + _directory.Count;
            byte[] count = BitConverter.GetBytes((long)_count), length = BitConverter.GetBytes((long)_directory.Count), start = BitConverter.GetBytes(_end);
            byte[] tail =
            [
                .. _directory,
                .. "PK\u0006\u0006"u8, .. BitConverter.GetBytes(44L), 45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. count, .. count, .. length, .. start,
                .. "PK\u0006\u0007"u8, 0, 0, 0, 0, .. BitConverter.GetBytes(end), 1, 0, 0, 0,
                .. "PK\u0005\u0006"u8, 0, 0, 0, 0, .. BitConverter.GetBytes((ushort)_count), .. BitConverter.GetBytes((ushort)_count),
                .. BitConverter.GetBytes(_directory.Count), 0xFF, 0xFF, 0xFF, 0xFF, 0, 0,
            ];
            return new SparseReader(name, _end + tail.Length, [.. _pieces, (_end, tail)]);
        }
    }
}
