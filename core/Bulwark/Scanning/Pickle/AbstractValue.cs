using System.Runtime.InteropServices;
using Bulwark.Models.Pickle;

namespace Bulwark.Scanning.Pickle;

/// <summary>
/// A value of a pickle in 24 bytes: what it is and where it came from, never what is in it. A stack and a memo of these take the
/// same memory whatever the values would.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct AbstractValue
{
    /// <summary>Marks a value that is not in the memo.</summary>
    public const int NotMemoized = -1;

    /// <summary>What it is.</summary>
    public AbstractKind Kind;

    /// <summary>
    /// Of text: the opcode that made it. Of containers: how many levels inside it consist of one thing repeated.
    /// Of a dtype: 1 when there are objects in it.
    /// </summary>
    public byte Flag;

    /// <summary>How deep the values in it are nested.</summary>
    public ushort Depth;

    /// <summary>Where it is in the memo.</summary>
    public int Memo;

    /// <summary>See <see cref="AbstractKind"/>.</summary>
    public long Payload;

    /// <summary>Of text and bytes: the length. Of containers and runs: the number of values if everything shared were copied.</summary>
    public long Size;

    /// <summary>A value.</summary>
    public AbstractValue(AbstractKind kind, long payload = 0, long size = 1, byte flag = 0)
    {
        Kind = kind;
        Payload = payload;
        Size = size;
        Flag = flag;
        Memo = NotMemoized;
    }

    /// <summary>Whether items or entries can be put into it.</summary>
    public readonly bool IsContainer => Kind is AbstractKind.List or AbstractKind.Dict or AbstractKind.Set or AbstractKind.Tuple or AbstractKind.FrozenSet;

    /// <summary>Whether there is nothing in it.</summary>
    public readonly bool IsPlain => Kind is >= AbstractKind.None and <= AbstractKind.EncodedBytes;

    /// <summary>What it counts for in the size of a container.</summary>
    public readonly long Weight => IsContainer || Kind == AbstractKind.Run ? Size : 1;

    /// <summary>The opcode that made a text.</summary>
    public readonly PickleOpcode TextOpcode => (PickleOpcode)Flag;

    /// <summary>Whether this and another are the very same object.</summary>
    public readonly bool IsSame(in AbstractValue other) => Kind == other.Kind && Payload == other.Payload
        && (IsContainer || Kind is AbstractKind.Text or AbstractKind.Bytes or AbstractKind.Object);
}
