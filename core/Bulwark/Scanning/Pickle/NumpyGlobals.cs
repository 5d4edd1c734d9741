namespace Bulwark.Scanning.Pickle;

/// <summary>Arrays, scalars, dtypes and generators of NumPy, and its pure functions.</summary>
/// <remarks>What NumPy 1.x and 2.x write. Left out on purpose: memmap and load (they open files), _ufunc_reconstruct (it imports by name), f2py, distutils and testing (they run code).</remarks>
internal static class NumpyGlobals
{
    /// <summary>One module a line, then its names: after <c>:</c> those that may be called, after <c>::</c> those that may only be named and made empty.</summary>
    public const string Text = """
        numpy: dtype ndarray bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intc intp uintc uintp longlong ulonglong byte ubyte short ushort half
          single double longdouble float16 float32 float64 float128 complex64 complex128 complex256 csingle cdouble clongdouble str_ bytes_ void object_
          datetime64 timedelta64 bool str unicode_ string_ float_ int_ complex_ generic number integer floating long ulong abs matrix recarray record
          chararray poly1d ufunc broadcast
        numpy:: sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 log log2 log10 log1p sqrt cbrt square
          reciprocal absolute fabs sign negative positive add subtract multiply divide true_divide floor_divide power mod remainder maximum minimum fmax fmin
          floor ceil trunc rint isnan isinf isfinite logical_and logical_or logical_not logical_xor equal not_equal less less_equal greater greater_equal
          hypot deg2rad rad2deg radians degrees matmul clip mean sum std var median min max amin amax prod argmin argmax argsort sort unique percentile
          quantile nanmean nanmedian nansum nanstd nanvar nanmin nanmax cumsum cumprod dot where concatenate stack reshape ravel transpose round
        numpy._core: dtype
        numpy._core._internal: _convert_to_stringdtype_kwargs
        numpy._core._multiarray_umath: _reconstruct scalar
        numpy._core._multiarray_umath:: sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 log log2 log10 log1p
          sqrt cbrt square reciprocal absolute fabs sign negative positive add subtract multiply divide true_divide floor_divide power mod remainder maximum
          minimum fmax fmin floor ceil trunc rint isnan isinf isfinite logical_and logical_or logical_not logical_xor equal not_equal less less_equal greater
          greater_equal hypot deg2rad rad2deg radians degrees matmul clip
        numpy._core.defchararray: chararray
        numpy._core.fromnumeric: abs
        numpy._core.fromnumeric:: mean sum std var median min max amin amax prod argmin argmax argsort sort unique percentile quantile nanmean nanmedian
          nansum nanstd nanvar nanmin nanmax cumsum cumprod dot where concatenate stack reshape ravel transpose round
        numpy._core.multiarray: _reconstruct scalar ndarray dtype
        numpy._core.numeric: _frombuffer
        numpy._core.records: recarray record
        numpy._core.umath: _reconstruct scalar
        numpy._core.umath:: sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 log log2 log10 log1p sqrt cbrt
          square reciprocal absolute fabs sign negative positive add subtract multiply divide true_divide floor_divide power mod remainder maximum minimum
          fmax fmin floor ceil trunc rint isnan isinf isfinite logical_and logical_or logical_not logical_xor equal not_equal less less_equal greater
          greater_equal hypot deg2rad rad2deg radians degrees matmul clip
        numpy.char: chararray
        numpy.core: dtype
        numpy.core._internal: _convert_to_stringdtype_kwargs
        numpy.core._multiarray_umath: _reconstruct scalar
        numpy.core._multiarray_umath:: sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 log log2 log10 log1p
          sqrt cbrt square reciprocal absolute fabs sign negative positive add subtract multiply divide true_divide floor_divide power mod remainder maximum
          minimum fmax fmin floor ceil trunc rint isnan isinf isfinite logical_and logical_or logical_not logical_xor equal not_equal less less_equal greater
          greater_equal hypot deg2rad rad2deg radians degrees matmul clip
        numpy.core.defchararray: chararray
        numpy.core.fromnumeric: abs
        numpy.core.fromnumeric:: mean sum std var median min max amin amax prod argmin argmax argsort sort unique percentile quantile nanmean nanmedian nansum
          nanstd nanvar nanmin nanmax cumsum cumprod dot where concatenate stack reshape ravel transpose round
        numpy.core.multiarray: _reconstruct scalar ndarray dtype
        numpy.core.numeric: _frombuffer
        numpy.core.numerictypes: float64
        numpy.core.records: recarray record
        numpy.core.umath: _reconstruct scalar
        numpy.core.umath:: sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 log log2 log10 log1p sqrt cbrt
          square reciprocal absolute fabs sign negative positive add subtract multiply divide true_divide floor_divide power mod remainder maximum minimum
          fmax fmin floor ceil trunc rint isnan isinf isfinite logical_and logical_or logical_not logical_xor equal not_equal less less_equal greater
          greater_equal hypot deg2rad rad2deg radians degrees matmul clip
        numpy.dtypes: BoolDType Int8DType Int16DType Int32DType Int64DType UInt8DType UInt16DType UInt32DType UInt64DType Float16DType Float32DType
          Float64DType Complex64DType Complex128DType ObjectDType BytesDType StrDType VoidDType StringDType DateTime64DType TimeDelta64DType
        numpy.lib._function_base_impl:: median percentile quantile
        numpy.lib._nanfunctions_impl:: nanmean nanmedian nansum nanstd nanvar nanmin nanmax
        numpy.lib._polynomial_impl: poly1d
        numpy.lib.function_base:: median percentile quantile
        numpy.lib.nanfunctions:: nanmean nanmedian nansum nanstd nanvar nanmin nanmax
        numpy.lib.polynomial: poly1d
        numpy.ma: MaskedArray
        numpy.ma.core: MaskedArray MaskedConstant _mareconstruct mvoid
        numpy.ma.mrecords: MaskedRecords _mrreconstruct
        numpy.matrixlib.defmatrix: matrix
        numpy.polynomial.chebyshev: Chebyshev
        numpy.polynomial.hermite: Hermite
        numpy.polynomial.hermite_e: HermiteE
        numpy.polynomial.laguerre: Laguerre
        numpy.polynomial.legendre: Legendre
        numpy.polynomial.polynomial: Polynomial
        numpy.random: __randomstate_ctor __generator_ctor __bit_generator_ctor
        numpy.random._bit_generator: SeedSequence
        numpy.random._generator: Generator
        numpy.random._mt19937: RandomState MT19937
        numpy.random._pcg64: PCG64 PCG64DXSM
        numpy.random._philox: Philox
        numpy.random._pickle: __randomstate_ctor __generator_ctor __bit_generator_ctor
        numpy.random._sfc64: SFC64
        numpy.random.bit_generator: SeedSequence __pyx_unpickle_SeedSequence
        numpy.random.mtrand: RandomState MT19937
        numpy.rec: recarray record
        """;
}
