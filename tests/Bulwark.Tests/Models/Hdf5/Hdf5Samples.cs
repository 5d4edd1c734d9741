using System.IO.Compression;

namespace Bulwark.Tests.Models.Hdf5;

/// <summary>
/// Two small files that h5py 3.7 wrote for these tests, one in the newest and one in the oldest form of HDF5: a group of tensors, attributes, a named
/// type, a soft link, a second link to a group, and data sets that are compressed, big-endian and boolean.
/// </summary>
internal static class Hdf5Samples
{
    /// <summary>Superblock 3; forty tensors and forty attributes, which takes fractal heaps and B-trees of the new form.</summary>
    public static byte[] Newest { get; } = Unpack("""
        H4sIAAAAAAACA+1dCXQURRr+e65MLjIJuYBAJkNIhtM5MskEWMhFCC8sIIRL5BjJBJFckHBpsgbZZQF9gMhbORSj8pBDBeUQBZHHqiAKi+yu6wMRBGQJ7CqH7IMskp2prurqamTpliutU+/N6+6v66
        uu/rqOv6r/rplXkJcfHtI6RGs0AglNODim8Mc2jPfvN37lwIK8wRpz5zWGSeLfDE2UmEhCiAY4AJMJYMAwPok+OKmYKNAB1GPUMZzfGiLAR9BVz6z0HjBgyOSH9OWeMm9xzlDMDhKyOuJ68FGUpS7S
        LG3WWFAMrRVHfQSzbNH8dhje8pkEiNX7swQa/34V3J+w740Pq9HtcMBxvvxpOF/A58hWGw1cpDkRZRbADHFGiHvSt6f33Yc2xOh7EDoO8MPUkYQ3gurC6DeyR0q10OBzGgVa6LAWRhVr8fhz3Z6Raq
        ElGijQIgyLEKZiLfThzrZSLUg51ynQIh5rYVKzFjtfWyTVQk/OKdDCirWIVrEWV2ePP/TTvVOSTwJ9pLk3bgKyIC0U0pq0uMn3tyW5Xz8cMzC3oNDfVfX14E4Jp2uI8re9QeMfnVo+yVu8bjSPXtI1
        fJ+fXZAHXIsQUuq2juG3qeH5h2m+8gcXDEI9loYWNdpV9sTkGiK9UVKU8dYqUwUdbRxxj2H2bX+cTJDz/S+s+GlmXW/RNovdz/qJ47qbYPX/B991i3PH5ZzPlhfHpCCeWWFc28+In/UzOYNugzfuNr
        mVd4Bfd4fSmHsH01l0h9NaehfSq79Laa65i+luvMtpb7sH6e+6R9fYew+vc/AeX+vL+3C94/fpmmfu43XP42ufx303ZM0YM35cfRjKCSdnX2o9GojVo8B67IltlngVW499UodWSrUIkkw3yNGiCGuR
        oGItJhQeGSfVwigxT+VoUYkjm1Wsxb64ltekWgTjc8EKtFiEtUhWsRZtvAlf5xT5xjx6/xgj1IcUWw9Ek/EJGaH02GzcgWIZ/LEifGOOYmtjdzL+ILG4D35Xkz/EFwtKJHM6mhtGNINgBipD/HhmJh
        6ftQd2W/FjVY+cov75oJ/rGs1Bti+dWOi4r48e3uH8u9kvNRlgA0K10V2C4Ih/zg/Wrq8Kh6dRhAG/2W6CGBTh2kPZUWicEQsXGkrjwOkfLILn3LROsAxFmDP8+SzYj2g9tvla8OEILdjfOBo2INr4
        tcuLIQjR9q846IULKELUg4vKoR+i7R05ZRY8jSJc6/LMU/AyQvMX5s6FIyhu3fdb5sFYFMHuSFgBnRFa/uLFVXASxZ132rwaZiP0b4fefw0uoAs/rj+2FtqiCJMX16yDzgg9cm7lVvgIxX1u05u7YS
        yKsOFU2YcwFe0eGzjqE3Ci3dmvHD8MbdGFp8zJ/grKEO2TNddPQRCKsBuGNMBslK5uyZ4GKEO7vU6H/BuGo91Bi85dhGVod/mJuEbohxJbWPLP/8JUtHup9vw1+AhFOJ7QcB1i0K51ycHPb6+Eoudv
        EA75ZMnEKZZCKF/88yXTZzjrwowpf1NkEgXfrpA0f3PCPDT/zIUZRv7OSPOAS1oIOeSfUyg55DUVZuT4RxdODvlH0oIc8mUnghzyj/GyY8kBCARfkLbURPMQBS31ZqNkxkWFLXVF9KSHpVqQAheqQI
        uvsBZdVKzF8sd6rZVqQWpbmAItjMHs2zA1ajEzPiVGqgVpasIVaOHGWqSpWIt3np30L6kWpJ1toUCLUqyFW8VauKy9b2gvSCcToUCLVViLnirW4uKxL/4q1YJM3JsUaHEca5GlYi1y5ydnSLWIxOci
        FWhhxh1wnoq16Lv+1CSpFlH4XJQCLYqxFgVqHhXPyrss1aIlPtdSgRavYy36q1iL1pu6WqRakJd50Qq0uIK1GKRiLVKvGZ6QahEjGozJ1aIAG6lFKtYi+IsBm6RaxOJzsQq0eAFrMULFWpgyPlgp1S
        IOn4tToMUPWIuHVaxF+Y6WN9QRMnMer0CLQXjwMk7FWuyEYwOlWrTC51op0GIj1qJYxVpsv/JlilSL1qSPUaBFNB7IPapiLc6e6HRCqkUbMgutQIsarEWpirVIf2VaqlQL8nYpQYEWZ7AWlSrWYtaO
        4x2kWrQlE6cKtBiBB/jVKtZizn8qmqRatMPn2inQ4jOsxQwVa/HQ9bIb/GMT8blEBVrk4cmOGhVrcaTwsxlSLcz4nFmBFifwRGedirWwzL84Ft/FffLOuJLdDK6f0zzyoGtG+TA2s7yENcP8mJppnq
        Kbcb7im3neEnL41+G96yAQAuFXEKS2UBLGkxTYQo/Y+bi/V7EtZC8/Wi7VwkLsJAVanMZazFWxFte7Nj2ZU9RvAPq8lA+8G9QBPDNrasSvMONe3Ly6U6AS/QID7ytG3mJiH0DyIg+745F3WdiFUPg8
        jvf8I280sD8emdTHPoRkXhs77gnO0bxjIpndxJ6DZIIPO9uROS7s3ic4E/POh2SmA3szksE+9u9LFAaC6JAM+bAHImn1sG8iqfjY34/4UmKHR8FZlXfg60AOea/EFKHqoMNUQUl0uHF3tz2q6hek/q
        Ry2sJy/JHgMypuC/OGvdhPqgV58MkKtGjEWixSsRaesE3fSLUgpb6DAi3mO/m4S1SsxbYd+TulWpAqn6JAi3bYSWypirWIfXeNSaoFae9SFWixFWvxgoq1OHl4WZVUC+Ira1WgxWAXH7dexVo0vb7+
        2b65A/ujMTU2JYm7OfEVr/bOqDbb6HcNDG6n6zcwuIN+AM7gTvpdP4On0WMGd9Gvlxg8nX7Jw+AZ9KsWBndTH2oGz6T+xEHMfdkE31oWtwt+pizuEHwuWdwp+B+yeJrgi8fiLsEvjcXTBdOOxTMEG4
        /F3YKxx+KZgtXH4A6bYP6xuF2wA1ncIRiELO4ULEMWTxNMRBZ3CbYii6cLRiOLZwjWI4u7BTOSxTMFe5LBnTbBsGRxu2BhsrhDMDVZ3CnYWyyeJtgeLO4S+mEWTxf6JBbPENpnFncLbRWLZ0JHfOzF
        2ycs40s9VVVj/UsQWbqbLUO8k6d6y6snekotXcyW8RXlJRMn+PAnLKWemd4pVb7dUVJKnre8yiuJPbV8YrU/srO2dnRtrbjfDQ2MzQIhEAIhEAIhEAIhEAIhEJpruOUalSGg1WjIeqbiGZBdeGgrvI
        N6T806xJ/Z/7Z/DT3/KxUODPxo6M/4pH9hvRA80nKIsLBx/P4DGOvVaeGnTKpo9Twj3GT1PAtOcsRwYKWUfODbUeY96ERLpnJ4RouDPWUEKWtb/yxa28Lof7yRaG2LdSPJWXKVlXF/ucSvbeHGkzvS
        tTrp9fxrW1iFq72A17boDOy2f/WVePS+ygjz/PM/Lr8EAAMaI0IhUQQ8tvxjCxSJgNR3SjrCThGwLKtTBizWUEBvc/WCOh0FwopqsvnJDAzEF67OAauI0uLj6r68WyAGdr58uS+s0FJgqnfIABgtoj
        gf1xdBoYgSs3DkUIgVXbbHm6GjYLGBAleLnhwFe0RAyoKGyVDEUWD7e29M+eFrQ82vo51B76uNYBfJvL1ga+06XPRN60bhenhucjdPoFn+BT5/VP8LRXVm1avf1sJZf+vYiwfO6F6qgy2iatb1rd/O
        gp2iOtOUd/Ip2COqmX02ev4A10TA3AW5C+CSiJI7/eICWBFEgdW79z4PdhGQkrx+KVwTVdUr759YBnVGCrxW//4qKBQBSx2tVsMW0b04Pm/YALGiGBv/tG8LWEWJ9rh+aBvME2Ws+3cf74KzojQqTh
        3dC1tEaUz74KX9MFqURu/560/CWZFAjbPfPQ0lojr10ZqEBigR3VzDg/85D4miy1pWTLkMl0Rt6ndZp6/WhuWm3iM7I9nXGWpuXJFL0Qpd2tBY4DQa/9LnHIrBCXvINtGAltPpdNqQnmR6dE5zqQef
        dK+x5mfn5QBH8nYwQtzZf8UcnWGOfmCOCv/x96ZbWm9JwLk1fP9sMpJ+2gj52f2H9IGiwUP7+DCxUXfRxSYAr6qiddl6NHsXst749fY9EzwTy4nxhpflLyn1TADsTv/N4Z6tZS3OnnSLDzpdbKFV5c
        IAy75dKEhn5HRVFSXVBngA/WUBXjy6arqnstJb3ANbu/W7xyzPH+IrP2TVZ/9Sg1f9RYvz6fuyvzVKzi58C0Uhpq3G5ivoyH48iIo996UGrOhdXWH654vyC3wVgvydAlIzPPEzX7Omg2i//h5nOrTi
        OGQem4CWYv+j8qeWg/+XoQOyUQVShixSCktyyyKlsqRMWSQrIoXzpLKKYm/pWP6Nyk3ZXhG7IwRCIPwyA1v//S3uoeSD02gFs8urlS2ZWmmXVyujGZLDJosUw5LsskixLMkhixTHkpyySPEsKU0WqR
        VLcskitWZJ8trpNixJXjudwJLklYi2LEleiWjHNu7ySkQiS5JXIswsSV6JSGJJ8kqEhSXJKxHtWZK8EpF82/UfdbALZ71OL227+TMwiC7NMfm12WWRNCzJIYukZUlOWSQdS0qTRdKzJJcskoElpcsi
        BbGkDFkkI0tyyyIFs6RMWaQQtnGXVytDWZK8WhnGkuTVynCWJK9WtmBJ8mplBEuSVytNLEleOx3JkuS101E/q/73k9T/PRPxFvsx7fGwU+cdZu9oRK0G+V80fz7ykob9kdMJqxNNdzgew25VnC6Oos
        5pqQSNp2jaU1aCtqKoa0FHgramaPryTgRtQ9GM1Z0JmkBR99tdCNqWopk7uxJUWO1gutO2rxtBEylq/+IBgpop6jjhJmgSRZ3fZRLUQtG0xl4EbU9RlyGLoMkUTY/KJmgHima0yyFoCkXdnXIJmkrR
        zPS8e2c1PkL/TQ+6BFd+KvyZli8nNttijuSPo6h9pYagGoo61mkJqqWoc6uOoDqKpu3WE1RPUZfgQ6szUDQ9LJKgQRTNiI8iqJGi7uSWBA2maOaBeIIKKwFPt9sOtyJoKEXtp1sTNIyijottCBpOUe
        f1BIK2oGhaSDuCRlDUFZtIUBNF0y1mgkZSNKNbEkGjKOrubiFoS4pm5rcnaDStHbbByQSNoah9TIcbWw3x8/+xAm/L2MaChAVHnTP+B7FbNe8ycgAA
        """);

    /// <summary>Superblock 0; twenty-four tensors, which takes several symbol tables; attributes in one header.</summary>
    public static byte[] Oldest { get; } = Unpack("""
        H4sIAAAAAAACA+1cTUzjRhS2nQQSICH8w5Z2sylVaUu1cRIgVJXIqrCbSqiLCrtaqdtuIggLajakmyBYrVBz6IFKPXDkmCNHjhx64MhxDz30yGGPPXDsjTrxe7bHDCYTEymm8xB6mefnz87n55l5bx
        z/npp76O+40yFUxesV3EJQMMoFyNlTso3b06BF0HugDyW0j9a2DYM9iPh3wA/sy9/Pz1e9L0yCxznz4P5c/o+Smn+wWNVH0F4EHXna3OOKyp9kiN8eiMCUS22ve4zx67kyfhNeVYegfQTxn8TtIfJ+
        OvlE1WW8nybAzkPB0fGbho7yFK/752ScYXy4lIirhlZPaFbwQqTEO4X4hYvtuEvfPZ4TFYQItEMusr82x3EC7Kcpa1yM2+CytZ+3zuPi/XX8yBovZBqXYJgRxs18o/8TazwcT/Y81/UDHvXcRWyrZy
        yKIvG9RMP1E2vX764ypqpnPuQVhn6F7R6Fmep2SZJElScVzyWWfaqH23QGey0Vz2pcubXrO95eH8/lHms/jIP93vrioNJ3W3qI8qxBJ8nPSUq7fIWtYmE/uWbbWT3bH9TnE2TwCzH6RhrwTza4z6KN
        /dI29y3cwP7lG8LYu0Gc/RvGOmgCXqVJmIdNxD1qMvYx4J/P4jRg56eVdKWrdjSxns/q+Dhb5jNCLlyun1fi/FayPa/8zUfOyFtzXnkdHy6NB7t8/AF8dDmaD8wS3Lb5OPDRK2zO4sOjfU+7fBwCH/
        2O5qMN/Nps8/Gnj8zQnMkHpqnttvn4C/gYdTQfXlOdpnE+zn1kZu5MPuBLaLpxPoLqmoow1tJ84HoMZuAHbTgqJoEft9IDeoVMRK0gjig8BWGUMEaQaOhnQrJeC7uMIzPjSJS6E9b7jvqtvx/WPU8G
        rP2w7vlusL6659nQ7Z53QvBquvH7IN5Br9A6q1/oBL9O23w8Bz4mHM0Hzpq7bPOx10Heqc7kww9+ftt8HAMfcUfU/3Gd5XzY2h/Xa//9wNrvGc5HPrT2S+N6wUe3ux8OgF/Adlz900GOdM68z7rBr9
        s2H2PQlX/taD6CApm1N85HupOc4TiTD1xe7LHNRwX4mHNEP7wO7fG71v4F0OV71n47oPfD1n5l0JWPb3c/jMvRvbbj6j3EVcrR9xkuu/fZ5mMCppALjuYD09B+23zsdJEzptbkA2Ub6gLbkNdvR6Kg
        Y6DjoCdBT4GeBp0APaNqGfBkwJMBTwY8GfBkwJMBTwY8GfBkwIsCXhTwooAXjRH1hgOH9UdYzhiwHW+nEG/LDhjnvNpZHY1Z++9jHvGptR9e9+Fxa78Kjq+fWfvh88wHX1j74XOs519a+x3jh/vWfi
        c4D4zYiyssfw3ajqtRP5nRObNfxzLfkG0+SsDHc0fzgWn+sG0+3vnJTL41+Xj0zeMF0ZBgGevTVSlld0qhiF6jJuyyvk5N2KP6ei1hj+nrloQ9fnkdr2af1NexCPuUvp5D2Kf1dQ3CntDrvIR9Rq93
        thPfK6LV/Ui7rNW/SHtUq1+Q9piWx5P2uJbPkvZJLa8j7VPavJy0T2vzU9Ke0OZppH1GG08JuzKHGKTaZa1fIO1R7f4g7TFhBNpZ0G/DK7lMsfgin3mVDX8VCi9lf9nK5ksbmVx4IhRe2cyvbbxU7G
        /Ducyb7Oui8vEH8y5z2Xwxa/Leym+Uqs6x3d0fd3cN8ZzwC1y4cOHChQsXLly4cOHChSL4e2/zew0uP9em1pVZnmtzUXFizDhuKk6cGcdDxZlkxmmj4kwx47RTcaaZcbxUnAQzjo+KM8OM00HDket7
        vrLdgNNJxZGZcbqoOFFmHD8VJ8aME6DixJlxuqk4k8w4QSrOFDNODxVnmhmnl4qTYMbpo+LMMOP003Ci7PE8QMVhj+dBKg57PA9RcdjjebiGk4Lt/hrOq83VbO6FWrGrBy9rwBsRGvndWLA23kgS+a
        aDq+vzkYAe/UbZb8lxWlR6WJIPdUFPlOi/c2j4dw8u9QidQqL2QZSQZ2/tHR7F9a21tVxWq++LYF/NruUyJd2u8Sy5/v5WH8bxX7j8nB6bVN9HU41Z8/touq7ZLxnQxwSjmN9GsWDyc1+B9+wKP7P/
        aoB+PPc1+Fy4cOHChQsXLlzszqNZ84px9f2ekrpL0KvnLw8fLCzN1+aiT+Yxmbk63ygESGSUHYfxAXnEPdbnoV4HyIwEpTWf+1UfRxGE0ptC7VGW6sMoq4oubq6Vqu37YMi8zGzklfbK+lb+Z8WgZE
        G1fLe4nSkUlDbmt+kmned/mYn5leBWAAA=
        """);

    private static byte[] Unpack(string text)
    {
        using var packed = new GZipStream(new MemoryStream(Convert.FromBase64String(text.ReplaceLineEndings(""))), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return bytes.ToArray();
    }
}
