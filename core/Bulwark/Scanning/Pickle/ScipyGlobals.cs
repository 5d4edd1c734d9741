namespace Bulwark.Scanning.Pickle;

/// <summary>Sparse matrices, splines, trees and results of SciPy.</summary>
/// <remarks>SciPy 1.10 read class by class, and older module names. scipy.stats is left out on purpose: the __setstate__ of its distributions runs exec on text from their state.</remarks>
internal static class ScipyGlobals
{
    /// <summary>One module a line, then its names: after <c>:</c> those that may be called, after <c>::</c> those that may only be named and made empty.</summary>
    public const string Text = """
        scipy.interpolate._bsplines:: BSpline
        scipy.interpolate._cubic:: CubicHermiteSpline PchipInterpolator Akima1DInterpolator CubicSpline
        scipy.interpolate._fitpack2:: UnivariateSpline InterpolatedUnivariateSpline LSQUnivariateSpline _BivariateSplineBase BivariateSpline
          _DerivedBivariateSpline SmoothBivariateSpline LSQBivariateSpline RectBivariateSpline SphereBivariateSpline SmoothSphereBivariateSpline
          LSQSphereBivariateSpline RectSphereBivariateSpline
        scipy.interpolate._interpolate:: interp2d interp1d _PPolyBase PPoly BPoly NdPPoly interp1d._call_linear_np interp1d._call_linear
          interp1d._call_nearest interp1d._call_previousnext interp1d._call_spline interp1d._call_nan_spline
        scipy.interpolate._ndgriddata:: NearestNDInterpolator
        scipy.interpolate._polyint:: _Interpolator1D _Interpolator1DWithDerivatives KroghInterpolator BarycentricInterpolator
        scipy.interpolate._rbfinterp:: RBFInterpolator
        scipy.interpolate._rgi:: RegularGridInterpolator
        scipy.interpolate.fitpack2:: UnivariateSpline InterpolatedUnivariateSpline LSQUnivariateSpline RectBivariateSpline
        scipy.interpolate.interpolate:: interp1d interp2d PPoly BPoly interp1d._call_linear_np interp1d._call_linear interp1d._call_nearest
          interp1d._call_previousnext interp1d._call_spline interp1d._call_nan_spline
        scipy.optimize._constraints:: LinearConstraint Bounds
        scipy.optimize._lbfgsb_py:: LbfgsInvHessProduct
        scipy.optimize._optimize:: OptimizeResult
        scipy.optimize.optimize:: OptimizeResult
        scipy.signal._ltisys:: LinearTimeInvariant lti dlti TransferFunction TransferFunctionContinuous TransferFunctionDiscrete ZerosPolesGain
          ZerosPolesGainContinuous ZerosPolesGainDiscrete StateSpace StateSpaceContinuous StateSpaceDiscrete Bunch
        scipy.sparse:: csr_matrix csc_matrix coo_matrix bsr_matrix dia_matrix dok_matrix lil_matrix csr_array csc_array coo_array
        scipy.sparse._arrays:: _sparray bsr_array coo_array csc_array csr_array dia_array dok_array lil_array
        scipy.sparse._base:: spmatrix
        scipy.sparse._bsr:: bsr_matrix bsr_array
        scipy.sparse._compressed:: _cs_matrix
        scipy.sparse._coo:: coo_matrix coo_array
        scipy.sparse._csc:: csc_matrix csc_array
        scipy.sparse._csr:: csr_matrix csr_array
        scipy.sparse._data:: _data_matrix _minmax_mixin
        scipy.sparse._dia:: dia_matrix dia_array
        scipy.sparse._dok:: dok_matrix dok_array
        scipy.sparse._index:: IndexMixin
        scipy.sparse._lil:: lil_matrix lil_array
        scipy.sparse._matrix:: spmatrix
        scipy.sparse.bsr:: bsr_matrix
        scipy.sparse.coo:: coo_matrix
        scipy.sparse.csc:: csc_matrix
        scipy.sparse.csr:: csr_matrix
        scipy.sparse.dia:: dia_matrix
        scipy.sparse.dok:: dok_matrix
        scipy.sparse.lil:: lil_matrix
        scipy.spatial._ckdtree: cKDTree
        scipy.spatial._kdtree:: Rectangle KDTree
        scipy.spatial._spherical_voronoi:: SphericalVoronoi
        scipy.spatial.ckdtree: cKDTree
        scipy.spatial.distance:: euclidean cityblock cosine correlation chebyshev canberra braycurtis hamming jaccard minkowski mahalanobis seuclidean
          sqeuclidean pdist cdist
        scipy.spatial.kdtree:: KDTree
        scipy.spatial.transform._rotation: Rotation
        scipy.spatial.transform.rotation: Rotation
        scipy.special._logsumexp:: logsumexp softmax log_softmax
        scipy.special._ufuncs:: expit logit erf erfc gamma gammaln digamma softplus log1p expm1 xlogy xlog1py entr rel_entr kl_div
        """;
}
