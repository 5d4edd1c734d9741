using Bulwark.Models;
using CsCheck;

namespace Bulwark.Tests.Models;

public sealed class FileWindowTests
{
    private const int Chunk = FileWindow.ChunkLength;

    [Fact]
    public void Windows_cover_the_file_and_cut_tensors_only_at_chunks()
    {
        Gen<long> length = Gen.OneOf(Gen.Long[0, 5000], Gen.Long[0, 40L * Chunk], Gen.Long[1, 40].Select(n => n * Chunk));
        Gen.Select(length, Gen.Select(length, length).List[0, 6]).Sample((tail, parts) =>
        {
            long position = 0;
            List<TensorInfo> tensors = [];
            foreach ((long gap, long size) in parts)
            {
                position += gap;
                tensors.Add(new TensorInfo($"t{tensors.Count}", DType.U8, [size], position, size));
                position += size;
            }

            long fileLength = position + tail;
            Dictionary<string, long> seen = tensors.ToDictionary(t => t.Name, _ => 0L);
            long next = 0;
            foreach (FileWindow window in FileWindow.Cut(fileLength, tensors))
            {
                Assert.Equal(next, window.Offset);
                Assert.InRange(window.Length, 1, FileWindow.MaximumLength);
                foreach (TensorSlice slice in window.Slices)
                {
                    Assert.Equal(seen[slice.Tensor.Name], slice.TensorOffset);
                    Assert.Equal(0, slice.TensorOffset % Chunk);
                    Assert.Equal(slice.Tensor.Offset + slice.TensorOffset, window.Offset + slice.WindowOffset);
                    seen[slice.Tensor.Name] += slice.Length;
                    Assert.True(slice.Length % Chunk == 0 || seen[slice.Tensor.Name] == slice.Tensor.Length);
                    Assert.InRange(slice.WindowOffset + slice.Length, 1, window.Length);
                }

                next += window.Length;
            }

            Assert.Equal(fileLength, next);
            Assert.All(tensors, t => Assert.Equal(t.Length, seen[t.Name]));
        }, iter: 300);
    }
}
