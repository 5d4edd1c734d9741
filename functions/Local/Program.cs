namespace Bulwark.Functions.Local;

internal static class Program
{
    private static int Main() => 0;
}
