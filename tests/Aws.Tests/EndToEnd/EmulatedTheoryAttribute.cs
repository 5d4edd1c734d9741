namespace Bulwark.Functions.Aws.Tests.EndToEnd;

/// <summary>A theory like <see cref="EmulatedFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EmulatedTheoryAttribute : TheoryAttribute
{
    /// <summary>Marks the test.</summary>
    public EmulatedTheoryAttribute() => Skip = EmulatedFactAttribute.Reason;
}
