namespace Bulwark.Scanning.Keras;

/// <summary>Where Keras has a configuration from, which decides how it reads it.</summary>
internal enum KerasSource
{
    /// <summary>config.json of an archive: Keras 3.</summary>
    Archive,

    /// <summary>An attribute of an HDF5 file: Keras 1, 2 and 3, without safe mode.</summary>
    Hdf5,

    /// <summary>Metadata of a SavedModel, which names classes that the graph stands in for.</summary>
    SavedModel,
}
