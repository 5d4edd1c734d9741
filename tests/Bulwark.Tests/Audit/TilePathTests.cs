using Bulwark.Audit;
using CsCheck;

namespace Bulwark.Tests.Audit;

public sealed class TilePathTests
{
    [Theory]
    [InlineData(0, 0, 256, "tile/0/000")]
    [InlineData(0, 1, 5, "tile/0/001.p/5")]
    [InlineData(0, 1234067, 256, "tile/0/x001/x234/067")]
    [InlineData(5, 123456078, 2, "tile/5/x123/x456/078.p/2")]
    [InlineData(63, 1000, 256, "tile/63/x001/000")]
    [InlineData(-1, 999, 256, "tile/entries/999")]
    [InlineData(-1, 3057500, 255, "tile/entries/x003/x057/500.p/255")]
    public void A_tile_has_the_name_the_specification_gives_it(int level, long index, int width, string name)
    {
        TilePath path = new(level, index, width);
        Assert.Equal(name, path.ToString());
        Assert.True(TilePath.TryParse(name, out TilePath parsed));
        Assert.Equal(path, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tile/0")]
    [InlineData("tile/0/")]
    [InlineData("tile/5/123/456/078")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/64/000")]
    [InlineData("tile/00/000")]
    [InlineData("tile/0/0")]
    [InlineData("tile/0/0000")]
    [InlineData("tile/0/x000/000")]
    [InlineData("tile/0/x001/x002")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/05")]
    [InlineData("tile/0/000.p/")]
    [InlineData("tile/0/.p/5")]
    [InlineData("tile/0/+01")]
    [InlineData("tile/0/x999/x999/x999/x999/x999/x999/x999/999")]
    [InlineData("tile/data/000")]
    [InlineData("checkpoint")]
    public void A_name_the_specification_does_not_give_is_no_tile(string name) => Assert.False(TilePath.TryParse(name, out _));

    [Fact]
    public void Names_and_tiles_map_one_to_one() =>
        Gen.Select(Gen.Int[-1, 63], Gen.Long[0, 1L << 50], Gen.Int[1, 256]).Sample(t =>
        {
            TilePath path = new(t.Item1, t.Item2, t.Item3);
            return TilePath.TryParse(path.ToString(), out TilePath parsed) && parsed == path;
        });

    [Fact]
    public void Any_text_is_refused_or_is_the_name_itself() =>
        Gen.String["tile/entrsx0123456789.p-+ "].Sample(text =>
        {
            string name = "tile/" + text;
            return !TilePath.TryParse(name, out TilePath path) || path.ToString() == name;
        });
}
