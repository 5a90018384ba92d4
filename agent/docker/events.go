package docker

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/gantry-project/gantry/structs"
)

const (
	// The engine is asked again this long after its event stream broke; the wait doubles while it does not answer.
	firstReconnect = 100 * time.Millisecond
	lastReconnect  = 2 * time.Second
	// exitKilled is the exit code of a process that SIGKILL ended.
	exitKilled = 137
	// eventsAhead is how many events wait for a reader that is busy. The engine drops events of a client that leaves
	// them lying for long.
	eventsAhead = 256
)

// Events tells of every change of this instance's containers until ctx ends, then closes the channel. After each
// connection, the first included, it sends an event with an empty ID: what happened before may have been missed.
func (e *Engine) Events(ctx context.Context) <-chan structs.RuntimeEvent {
	out := make(chan structs.RuntimeEvent, eventsAhead)
	go func() {
		defer close(out)
		for wait := firstReconnect; ; wait = min(2*wait, lastReconnect) {
			connected, err := e.follow(ctx, out)
			if ctx.Err() != nil {
				return
			}
			if connected {
				wait = firstReconnect
			}
			e.log.Warn("Docker's event stream broke; connecting again", slog.String("host", e.host),
				slog.String("instance", e.instance), slog.Duration("wait", wait), slog.Any("error", err))
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// follow passes on the events of one connection until it breaks.
func (e *Engine) follow(ctx context.Context, out chan<- structs.RuntimeEvent) (connected bool, err error) {
	ctx, cancel := context.WithCancel(ctx) // ends the client's own goroutine on every way out
	defer cancel()
	// Events does not say whether it reached the engine; Ping does.
	if _, err := e.api.Ping(ctx); err != nil {
		return false, err
	}
	messages, errs := e.api.Events(ctx, e.eventOptions(time.Now()))
	if !send(ctx, out, structs.RuntimeEvent{}) {
		return true, ctx.Err()
	}
	killed := map[string]bool{} // containers that ran out of memory and have not ended yet; that event comes first
	for {
		select {
		case m := <-messages:
			if !send(ctx, out, translateEvent(m, killed)) {
				return true, ctx.Err()
			}
		case err := <-errs:
			return true, err
		case <-ctx.Done():
			return true, ctx.Err()
		}
	}
}

// translateEvent tells of one event of the engine; killed is what it has to remember between them.
func translateEvent(m events.Message, killed map[string]bool) structs.RuntimeEvent {
	event := structs.RuntimeEvent{ID: m.Actor.ID, Task: m.Actor.Attributes[structs.LabelTask]}
	switch m.Action {
	case events.ActionCreate:
		event.Created = true
	case events.ActionStart:
		event.Started = true
	case events.ActionOOM:
		killed[m.Actor.ID] = true
	case events.ActionDie:
		code, err := strconv.ParseInt(m.Actor.Attributes["exitCode"], 10, 32)
		if err == nil { // else the container must be looked at
			event.Ended, event.ExitCode = true, int32(code)
			event.OOMKilled = killed[m.Actor.ID] && code == exitKilled // else it was another process in the container
			event.At = structs.TimeOf(time.Unix(0, m.TimeNano))
		}
		delete(killed, m.Actor.ID)
	}
	return event
}

// eventOptions asks for events from a time on: the engine answers a little before it listens, and what happens between
// would be lost.
func (e *Engine) eventOptions(since time.Time) events.ListOptions {
	args := filters.NewArgs(
		filters.Arg("type", string(events.ContainerEventType)),
		filters.Arg("label", structs.LabelInstance+"="+e.instance),
	)
	for _, action := range []events.Action{events.ActionCreate, events.ActionStart, events.ActionDie, events.ActionOOM,
		events.ActionHealthStatus, events.ActionDestroy} {
		args.Add("event", string(action))
	}
	return events.ListOptions{
		Since:   fmt.Sprintf("%d.%09d", since.Unix(), since.Nanosecond()),
		Filters: args,
	}
}

// send hands an event over, unless ctx ends first.
func send(ctx context.Context, out chan<- structs.RuntimeEvent, event structs.RuntimeEvent) bool {
	select {
	case out <- event:
		return true
	case <-ctx.Done():
		return false
	}
}
