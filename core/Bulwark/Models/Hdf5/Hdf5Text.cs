namespace Bulwark.Models.Hdf5;

/// <summary>Words for what is found in HDF5 files.</summary>
internal static class Hdf5Text
{
    /// <summary>What a reference does.</summary>
    public static string Of(Hdf5Reference reference)
    {
        string path = ModelFormatException.Quote(reference.Path);
        string file = ModelFormatException.Quote(reference.File);
        return reference.Kind switch
        {
            Hdf5ReferenceKind.ExternalLink => $"the link {path} leads into the file {file}",
            Hdf5ReferenceKind.ExternalStorage => $"the bytes of the data set {path} are those of the file {file}",
            Hdf5ReferenceKind.VirtualDataset => $"the data set {path} is put together from others, such as in the file {file}",
            Hdf5ReferenceKind.UserDefinedLink => $"only a program knows where the link {path} leads",
            _ => "a driver spreads its content over several files",
        };
    }
}
