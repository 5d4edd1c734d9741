using System.Text;

namespace Bulwark.Models.Onnx;

/// <content>What is kept of a message that was read to its end, and how much text in all.</content>
internal sealed partial class OnnxReader
{
    private const int MostTexts = 4096;
    private const int MostOperators = 65_536;

    private void Close(OnnxFrame frame)
    {
        switch (frame.Message)
        {
            case OnnxMessage.Tensor:
                for (OnnxFrame? around = frame; around is { IsKept: false }; around = around.Parent)
                    around.IsKept = true;
                _tensors.Add(frame.Tensor!);
                break;
            case OnnxMessage.Node:
                if (frame.Type.Length == 0)
                    throw ModelFormatException.OnnxBadModel(_file, $"node {ModelFormatException.Quote(frame.Name)} names no operator");
                bool told = frame.Domain.Length > 0 || frame.Type.Contains("py", StringComparison.OrdinalIgnoreCase);
                if (frame.Inputs is { } inputs && OnnxZeroPoints.IsQuantized(frame.Type))
                {
                    Charge(inputs.Sum(name => name.Length));
                    _zeroPoints.Add(frame.Type, inputs);
                }

                if (told && _operators.Count < MostOperators && _operators.TryAdd((frame.Domain, frame.Type), new OnnxOperator(frame.Domain, frame.Type, frame.Start)))
                    Charge(frame.Domain.Length + frame.Type.Length);
                else if (told && _operators.Count == MostOperators && !_operators.ContainsKey((frame.Domain, frame.Type)))
                    throw ModelFormatException.OnnxLimit(_file, "kinds of operators", MostOperators);
                break;
            case OnnxMessage.Function:
                if (_functions.Add((frame.Domain, frame.Name)))
                    Charge(frame.Domain.Length + frame.Name.Length);
                break;
            case OnnxMessage.Entry when frame.Parent is { Message: OnnxMessage.Tensor, Tensor: { } tensor } && frame.Field == 13:
                Charge(frame.Name.Length + frame.Type.Length);
                _tensors.AddExternal(tensor, frame.Name, frame.Type);
                break;
            case OnnxMessage.Entry:
                if (Keep(frame.Name, frame.Type, frame.Start) && frame.Parent is { Message: OnnxMessage.Model } && !_metadata.TryAdd(frame.Name, frame.Type))
                    throw ModelFormatException.OnnxBadModel(_file, $"its metadata has the key {ModelFormatException.Quote(frame.Name)} twice");
                break;
        }

        if (frame.IsKept)
            Charge(frame.Name.Length + frame.Type.Length + frame.Domain.Length + (frame.Output?.Length ?? 0));
    }

    private async ValueTask KeepAsync(OnnxFrame frame, int field, long length, CancellationToken cancellationToken)
    {
        long at = _cursor.Position;
        string text = await TextAsync(length, cancellationToken).ConfigureAwait(false);
        if (text.Length > 0)
            Keep($"{frame.Message} field {field}", text, at);
    }

    /// <summary>Keeps text for the scanner, as much of it as a genuine model has.</summary>
    private bool Keep(string key, string text, long at)
    {
        if (_texts.Count < MostTexts && _keptText + key.Length + text.Length <= OnnxFile.MaxKeptText)
        {
            Charge(key.Length + text.Length);
            _texts.Add(new OnnxText(key, text, at));
            return true;
        }

        if (_oddities.Count == 0)
            _oddities.Add("it has more metadata and comments than are looked at");
        return false;
    }

    private void Charge(int length)
    {
        _keptText += length;
        if (_keptText > OnnxFile.MaxKeptText)
            throw ModelFormatException.OnnxLimit(_file, "characters in all names and metadata", OnnxFile.MaxKeptText);
    }

    private async ValueTask<string> NameAsync(long length, CancellationToken cancellationToken)
    {
        if (length > OnnxFile.MaxNameLength)
            throw ModelFormatException.OnnxLimit(_file, "bytes in a name", OnnxFile.MaxNameLength);
        return await TextAsync(length, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads text; what is longer than is kept is stepped over.</summary>
    private async ValueTask<string> TextAsync(long length, CancellationToken cancellationToken)
    {
        int kept = (int)Math.Min(length, OnnxFile.MaxTextLength);
        await _cursor.RequireAsync(kept, cancellationToken).ConfigureAwait(false);
        string text = Encoding.UTF8.GetString(_cursor.Take(kept));
        _cursor.Skip(length - kept);
        return text;
    }
}
