using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;

namespace Bulwark.Functions;

/// <summary>A function as the catalogue knows it, before it is connected to anything.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Margin">How long before the deadline it is stopped where the operator does not say.</param>
/// <param name="StreamsAnswers">Whether its answers are streamed, where the platform can; then small ones are, too.</param>
/// <param name="Takes">Whether it takes an event.</param>
/// <param name="Create">Makes it from its services: the function as a delegate over any event that it takes.</param>
public sealed record FunctionDefinition(
    string Name, TimeSpan Margin, bool StreamsAnswers, Func<FunctionEvent, bool> Takes, Func<FunctionServices, Func<FunctionEvent, FunctionContext, CancellationToken, Task<FunctionAnswer>>> Create)
{
    /// <summary>Refuses an event that the function does not take; before anything is connected, since trying again would not help.</summary>
    /// <exception cref="FunctionException">BW2203.</exception>
    public void EnsureTakes(FunctionEvent received)
    {
        if (!Takes(received))
            throw FunctionException.WrongEvent(Name, Describe(received));
    }

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
        where TAnswer : FunctionAnswer => new(name, margin, streamsAnswers, received => received is TEvent, services =>
        {
            Func<TEvent, FunctionContext, CancellationToken, Task<TAnswer>> run = create(services);
            return async (received, context, cancellationToken) => await run((TEvent)received, context, cancellationToken);
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
