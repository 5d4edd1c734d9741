namespace Bulwark.Models.Hdf5;

/// <summary>Numbers of filters.</summary>
internal static class Hdf5Filters
{
    /// <summary>Whether a filter is the library's own or registered and common: support.hdfgroup.org, registered filter plug-ins.</summary>
    /// <remarks>1 deflate, 2 shuffle, 3 fletcher32, 4 szip, 5 n-bit, 6 scale-offset; 305 LZO, 307 bzip2; from 32000 LZF, Blosc, LZ4, bitshuffle, zfp, Zstandard and others.</remarks>
    public static bool IsKnown(int number) => number is (>= 1 and <= 6) or 305 or 307 or (>= 32000 and <= 32040);
}
