using System.Collections.Immutable;
using Bulwark.Storage;

namespace Bulwark.Models.Pickle;

/// <summary>
/// A file of pickles, as pickle, joblib (not compressed) and dill write it. Its tensors are the NumPy arrays in it whose elements
/// lie in the file as a tensor's do: named after the way to them, such as <c>steps.1.1.coef_</c>.
/// </summary>
internal sealed class PickleFile : ModelFile
{
    private const int MostPickles = 10_000;

    // A value takes some 50 bytes; the map of a file must stay small beside the job's buffers.
    private static readonly PickleEvaluationLimits Limits = new() { MaxNodes = 1_000_000, MaxTextBytes = 16 << 20 };

    private PickleFile(IObjectReader reader, string format, ImmutableArray<TensorInfo> tensors, IReadOnlyList<UnmappedTensor> unmapped)
        : base(reader, tensors, ImmutableDictionary<string, string>.Empty)
    {
        Format = format;
        Unmapped = unmapped;
    }

    /// <inheritdoc />
    public override string Format { get; }

    /// <inheritdoc />
    public override IReadOnlyList<UnmappedTensor> Unmapped { get; }

    /// <summary>Whether a head is that of a pickle of protocol 2 to 5; earlier ones have no magic.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => head is [0x80, >= 2 and <= 5, ..];

    /// <summary>Maps the arrays of a file that begins with a pickle.</summary>
    /// <remarks>A pickle with more values than are worth holding is mapped as one without tensors: it still can be signed and encrypted.</remarks>
    /// <exception cref="ModelFormatException">BW1430 when the first pickle is broken.</exception>
    public static async Task<PickleFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        var arrays = new PickledArrays();
        long offset = 0;
        for (int i = 0; i < MostPickles && offset < reader.Source.Size; i++)
        {
            try
            {
                PickleEvaluation pickle = await PickleEvaluator.EvaluateAsync(reader, offset, Limits, cancellationToken).ConfigureAwait(false);
                arrays.Add(pickle.Value, i == 0 ? "" : FormattableString.Invariant($"{i}"));
                offset = pickle.End;
            }
            catch (ModelFormatException e) when (e.Code == "BW1431" || i > 0)
            {
                // What follows the first pickle may be anything; it is the scanner's to judge.
                break;
            }
        }

        return new PickleFile(reader, arrays.FromJoblib ? "joblib" : "pickle", arrays.ToTensors(), arrays.Unmapped);
    }
}
