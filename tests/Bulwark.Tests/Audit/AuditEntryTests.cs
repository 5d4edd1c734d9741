using System.Text;
using Bulwark.Audit;
using CsCheck;

namespace Bulwark.Tests.Audit;

public sealed class AuditEntryTests
{
    [Fact]
    public void An_entry_has_one_canonical_form()
    {
        AuditEntry entry = new()
        {
            Id = "e1",
            Time = new DateTimeOffset(2026, 11, 24, 4, 5, 6, TimeSpan.FromHours(1)).AddTicks(70),
            Actor = "zoë",
            Action = "model.protected",
            Subject = new AuditSubject { Name = "a\"b" },
            Outcome = "success",
            Details = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
        };
        Assert.Equal(
            """{"v":1,"id":"e1","time":"2026-11-24T03:05:06.0000070Z","actor":"zoë","action":"model.protected","subject":{"name":"a\"b"},"outcome":"success","details":{"a":"1","b":"2"}}""",
            Encoding.UTF8.GetString(entry.ToBytes()));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        Gen<string> text = Gen.String[Gen.Char['\0', '\ud7ff'], 0, 40];
        Gen<Dictionary<string, string>> map = Gen.Dictionary(text, text)[0, 5];
        Gen.Select(text, text, map, map, Gen.Long[0, DateTime.MaxValue.Ticks], Gen.Bool).Sample((a, b, digests, details, ticks, located) =>
        {
            AuditEntry entry = new()
            {
                Id = a,
                Time = new DateTimeOffset(ticks, TimeSpan.Zero),
                Actor = b,
                Action = a,
                Subject = new AuditSubject { Name = b, Store = located ? a : null, Container = located ? b : null, Version = located ? a : null },
                Outcome = b,
                Digests = digests,
                Details = details,
            };
            byte[] bytes = entry.ToBytes();
            AuditEntry read = AuditEntry.Parse(bytes);
            Assert.Equal(bytes, read.ToBytes());
            Assert.Equal(entry.Subject, read.Subject);
            Assert.Equal(entry.Time, read.Time);
        }, iter: 500);
    }

    [Fact]
    public void An_entry_that_cannot_be_logged_is_refused()
    {
        AuditEntry good = AuditLogHarness.Entry(1);
        Assert.Equal(EntryBundle.MaxEntryBytes, Padded(EntryBundle.MaxEntryBytes).ToBytes().Length);
        foreach (AuditEntry bad in new[]
        {
            Padded(EntryBundle.MaxEntryBytes + 1), good with { Actor = "\ud800" }, good with { Actor = null! }, good with { Subject = null! },
            good with { Id = null }, good with { Time = null }, good with { Details = new Dictionary<string, string> { ["a"] = null! } },
        })
            Assert.Equal("BW1308", Assert.Throws<AuditException>(bad.ToBytes).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"v":2,"id":"e","time":"2026-11-24T03:05:06.0000000Z","actor":"a","action":"b","subject":{"name":"n"},"outcome":"c"}""")]
    [InlineData("""{"v":1,"id":"e","time":"2026-11-24T03:05:06.0000000Z","actor":"a","action":"b","subject":{"name":"n"},"outcome":"c"} """)]
    [InlineData("""{"v":1,"id":"e","time":"2026-11-24T03:05:06Z","actor":"a","action":"b","subject":{"name":"n"},"outcome":"c"}""")]
    [InlineData("""{"v":1,"id":"e","time":"2026-11-24T03:05:06.0000000Z","actor":"a","actor":"a","action":"b","subject":{"name":"n"},"outcome":"c"}""")]
    [InlineData("""{"v":1,"id":"e","time":"2026-11-24T03:05:06.0000000Z","actor":"a","action":"b","subject":{"name":{"x":{"y":1}}},"outcome":"c"}""")]
    [InlineData("""{"v":1,"id":"e","time":"2026-11-24T03:05:06.0000000Z","actor":"a","action":"b","subject":{"name":"n"},"outcome":"c","more":1}""")]
    [InlineData("""{"v":1,"id":3,"time":"2026-11-24T03:05:06.0000000Z","actor":"a","action":"b","subject":{"name":"n"},"outcome":"c"}""")]
    [InlineData("""{"v":1,"id":"\ud800","time":"2026-11-24T03:05:06.0000000Z","actor":"a","action":"b","subject":{"name":"n"},"outcome":"c"}""")]
    public void Anything_else_is_refused(string json) =>
        Assert.Equal("BW1309", Assert.Throws<AuditException>(() => AuditEntry.Parse(Encoding.UTF8.GetBytes(json))).Code);

    [Fact]
    public void Mutated_entries_raise_audit_errors_and_no_others()
    {
        byte[] good = AuditLogHarness.Entry(1, padding: 20).ToBytes();
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, cut) =>
        {
            byte[] bytes = [.. good[..Math.Max(cut, at + 1)]];
            bytes[at] = value;
            try
            {
                Assert.Equal(bytes, AuditEntry.Parse(bytes).ToBytes());
            }
            catch (AuditException error)
            {
                Assert.Equal("BW1309", error.Code);
            }
        }, iter: 3000);
    }

    private static AuditEntry Padded(int bytes)
    {
        int bare = AuditLogHarness.Entry(1, padding: 1).ToBytes().Length - 1;
        return AuditLogHarness.Entry(1, bytes - bare);
    }
}
