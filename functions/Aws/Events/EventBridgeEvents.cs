using Bulwark.Functions.Events;

namespace Bulwark.Functions.Aws.Events;

/// <summary>Events of EventBridge: S3's, the scheduled rules', and those of EventBridge Scheduler.</summary>
internal static class EventBridgeEvents
{
    /// <summary>Reads an event that came over a bus, or that a scheduler made in that shape.</summary>
    /// <exception cref="FunctionException">BW2202, BW2204.</exception>
    public static FunctionEvent Decode(EventField root)
    {
        string source = root["source"].Text();
        string type = root["detail-type"].Text();
        return (source, type) switch
        {
            ("aws.s3", "Object Created") => Uploaded(root),
            ("aws.events" or "aws.scheduler", "Scheduled Event") => new ScheduleFired
            {
                Id = root.Find("id")?.Text(),
                Time = root.Find("time")?.Time(),
                Schedule = root.Find("resources")?.Items().Select(r => r.Text()).FirstOrDefault(),
            },
            _ => throw FunctionException.MalformedEvent("it is an event of EventBridge that is not known here; narrow the rule's pattern"),
        };
    }

    /// <summary>Reads EventBridge Scheduler's own payload, which is whatever its maker wrote: <c>{"schedule","time","id"}</c> here.</summary>
    /// <exception cref="FunctionException">BW2202.</exception>
    public static FunctionEvent DecodeSchedule(EventField root) => new ScheduleFired
    {
        Schedule = root["schedule"].Text(),
        Time = root.Find("time")?.Time(),
        Id = root.Find("id")?.Text(),
    };

    private static ObjectUploaded Uploaded(EventField root)
    {
        EventField detail = root["detail"];
        if (detail.Find("version")?.Text() is { } version && version != "0")
            throw FunctionException.UnknownVersion("an EventBridge event of S3", version.Length <= 16 ? version : version[..16]);
        EventField item = detail["object"];
        // Not encoded here, unlike in S3's notifications.
        return S3Events.Uploaded(
            detail["bucket"]["name"].Name(), item["key"].Name(), item.Find("etag")?.Text(), item.Find("version-id")?.Text(), item.Find("size")?.Size(),
            item.Find("sequencer")?.Text(), root.Find("time")?.Time(), root.Find("id")?.Text());
    }
}
