using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;

namespace Bulwark.Functions;

/// <summary>A function as the catalogue knows it, before it is connected to anything.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Margin">How long before the deadline it is stopped where the operator does not say.</param>
/// <param name="StreamsAnswers">Whether its answers are streamed, where the platform can; then small ones are, too.</param>
/// <param name="Create">Makes it from its services: the function as a delegate over any event.</param>
public sealed record FunctionDefinition(
    string Name, TimeSpan Margin, bool StreamsAnswers, Func<FunctionServices, Func<FunctionEvent, FunctionContext, CancellationToken, Task<FunctionAnswer>>> Create)
{
    /// <summary>Defines a function that takes one kind of event.</summary>
    /// <typeparam name="TEvent">The events it takes.</typeparam>
    /// <typeparam name="TAnswer">What it answers.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="margin">Its margin.</param>
    /// <param name="create">Makes its one method.</param>
    /// <param name="streamsAnswers">Whether its answers are streamed.</param>
    internal static FunctionDefinition Of<TEvent, TAnswer>(
        string name, TimeSpan margin, Func<FunctionServices, Func<TEvent, FunctionContext, CancellationToken, Task<TAnswer>>> create, bool streamsAnswers = false)
        where TEvent : FunctionEvent
        where TAnswer : FunctionAnswer => new(name, margin, streamsAnswers, services =>
        {
            Func<TEvent, FunctionContext, CancellationToken, Task<TAnswer>> run = create(services);
            return async (received, context, cancellationToken) => received is TEvent expected
                ? await run(expected, context, cancellationToken)
                : throw FunctionException.WrongEvent(name, Describe(received));
        });

    private static string Describe(FunctionEvent received) => received switch
    {
        ObjectUploaded => "an uploaded object",
        ScheduleFired => "a schedule",
        HttpRequest => "a request",
        QueueBatch => "a batch of messages",
        _ => "this event",
    };
}
