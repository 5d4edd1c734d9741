namespace Bulwark.Models;

/// <summary>A run of one tensor's bytes inside a <see cref="FileWindow"/>.</summary>
/// <param name="Tensor">The tensor the bytes belong to.</param>
/// <param name="TensorOffset">Where the run starts inside the tensor, in bytes; a multiple of <see cref="FileWindow.ChunkLength"/>.</param>
/// <param name="WindowOffset">Where the run starts inside the window, in bytes.</param>
/// <param name="Length">Bytes; a multiple of <see cref="FileWindow.ChunkLength"/> unless the run ends the tensor.</param>
public readonly record struct TensorSlice(TensorInfo Tensor, long TensorOffset, int WindowOffset, int Length);
