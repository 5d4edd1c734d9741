using System.Collections.Frozen;

namespace Bulwark.Models.Torch;

/// <summary>An element type of PyTorch.</summary>
/// <param name="DType">What it is here; null for types that have no name here, such as torch.complex32.</param>
/// <param name="Size">Bytes of one element in a storage.</param>
internal sealed record TorchElement(DType? DType, int Size)
{
    private static readonly FrozenDictionary<string, TorchElement> Storages = new Dictionary<string, TorchElement>
    {
        ["FloatStorage"] = new(Models.DType.F32, 4),
        ["DoubleStorage"] = new(Models.DType.F64, 8),
        ["HalfStorage"] = new(Models.DType.F16, 2),
        ["BFloat16Storage"] = new(Models.DType.BF16, 2),
        ["LongStorage"] = new(Models.DType.I64, 8),
        ["IntStorage"] = new(Models.DType.I32, 4),
        ["ShortStorage"] = new(Models.DType.I16, 2),
        ["CharStorage"] = new(Models.DType.I8, 1),
        ["ByteStorage"] = new(Models.DType.U8, 1),
        ["BoolStorage"] = new(Models.DType.BOOL, 1),
        ["ComplexFloatStorage"] = new(Models.DType.C64, 8),
        ["ComplexDoubleStorage"] = new(Models.DType.C128, 16),
        ["QInt8Storage"] = new(Models.DType.QI8, 1),
        ["QUInt8Storage"] = new(Models.DType.QU8, 1),
        ["QInt32Storage"] = new(Models.DType.QI32, 4),
        ["QUInt4x2Storage"] = new(null, 1),
        ["QUInt2x4Storage"] = new(null, 1),
        ["UntypedStorage"] = new(null, 1),
        ["_UntypedStorage"] = new(null, 1),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, TorchElement> Types = new Dictionary<string, TorchElement>
    {
        ["float32"] = Storages["FloatStorage"],
        ["float"] = Storages["FloatStorage"],
        ["float64"] = Storages["DoubleStorage"],
        ["double"] = Storages["DoubleStorage"],
        ["float16"] = Storages["HalfStorage"],
        ["half"] = Storages["HalfStorage"],
        ["bfloat16"] = Storages["BFloat16Storage"],
        ["int64"] = Storages["LongStorage"],
        ["long"] = Storages["LongStorage"],
        ["int32"] = Storages["IntStorage"],
        ["int"] = Storages["IntStorage"],
        ["int16"] = Storages["ShortStorage"],
        ["short"] = Storages["ShortStorage"],
        ["int8"] = Storages["CharStorage"],
        ["uint8"] = Storages["ByteStorage"],
        ["bool"] = Storages["BoolStorage"],
        ["uint16"] = new(Models.DType.U16, 2),
        ["uint32"] = new(Models.DType.U32, 4),
        ["uint64"] = new(Models.DType.U64, 8),
        ["complex32"] = new(null, 4),
        ["chalf"] = new(null, 4),
        ["complex64"] = Storages["ComplexFloatStorage"],
        ["cfloat"] = Storages["ComplexFloatStorage"],
        ["complex128"] = Storages["ComplexDoubleStorage"],
        ["cdouble"] = Storages["ComplexDoubleStorage"],
        ["float8_e4m3fn"] = new(Models.DType.F8_E4M3, 1),
        ["float8_e5m2"] = new(Models.DType.F8_E5M2, 1),
        ["float8_e4m3fnuz"] = new(Models.DType.F8_E4M3FNUZ, 1),
        ["float8_e5m2fnuz"] = new(Models.DType.F8_E5M2FNUZ, 1),
        ["float8_e8m0fnu"] = new(Models.DType.F8_E8M0, 1),
        ["qint8"] = Storages["QInt8Storage"],
        ["quint8"] = Storages["QUInt8Storage"],
        ["qint32"] = Storages["QInt32Storage"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The element of a storage class such as <c>FloatStorage</c>; null for any other name.</summary>
    public static TorchElement? OfStorage(string name) => Storages.GetValueOrDefault(name);

    /// <summary>The element of a dtype such as <c>float32</c>; null for one that is not known, whose size nobody can tell.</summary>
    public static TorchElement? OfType(string name) => Types.GetValueOrDefault(name);
}
