package docker

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

const (
	// The engine is asked again firstReconnect after its event stream broke. The wait doubles, up
	// to lastReconnect, while it does not answer.
	firstReconnect = 100 * time.Millisecond
	lastReconnect  = 2 * time.Second
	// exitKilled is the exit code of a process that SIGKILL ended.
	exitKilled = 137
	// eventsAhead is how many events may wait for a busy reader. The engine drops events for a
	// client that does not read them for long.
	eventsAhead = 256
)

// Events sends every change of this instance's containers until ctx ends, then closes the channel.
// After each connection, including the first, it sends an event with an empty ID, because earlier
// changes may have been missed.
func (e *Engine) Events(ctx context.Context) <-chan runtime.Event {
	out := make(chan runtime.Event, eventsAhead)
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
func (e *Engine) follow(ctx context.Context, out chan<- runtime.Event) (connected bool, err error) {
	ctx, cancel := context.WithCancel(ctx) // ends the client's own goroutine on every way out
	defer cancel()
	// Events does not report whether it reached the engine; Ping does.
	if _, err := e.api.Ping(ctx); err != nil {
		return false, err
	}
	messages, errs := e.api.Events(ctx, e.eventOptions(time.Now()))
	if !send(ctx, out, runtime.Event{}) {
		return true, ctx.Err()
	}
	seen := history{}
	for {
		select {
		case m := <-messages:
			if m.Action == events.ActionOOM && !e.lostProcess(m) {
				continue
			}
			event, ok := seen.translate(m)
			if ok && !send(ctx, out, event) {
				return true, ctx.Err()
			}
		case err := <-errs:
			return true, err
		case <-ctx.Done():
			return true, ctx.Err()
		}
	}
}

// lostProcess reports whether an event about lack of memory is true of its container.
func (e *Engine) lostProcess(m events.Message) bool {
	return e.KilledForMemory == nil || e.KilledForMemory(m.Actor.Attributes[runtime.LabelTask], m.Actor.ID)
}

// history has the containers that were seen to start and have not ended yet, and whether one of
// their processes was killed for lack of memory.
type history map[string]bool

// translate translates one event of the engine. It fills in how a container ended only if all its
// events were seen and SIGKILL did not end it: the event about lack of memory may come a little
// later. Otherwise the container must be inspected. ok is false if the event is no news for anyone.
func (h history) translate(m events.Message) (event runtime.Event, ok bool) {
	if isPause(m.Actor.Attributes) {
		return pauseEvent(m)
	}
	id := m.Actor.ID
	event = runtime.Event{ID: id, Task: m.Actor.Attributes[runtime.LabelTask]}
	oom, whole := h[id]
	switch m.Action {
	case events.ActionCreate:
		event.Created = true
	case events.ActionStart:
		event.Started = true
		h[id] = false
	case events.ActionOOM:
		if whole {
			h[id] = true
		}
	case events.ActionDie:
		code, err := strconv.ParseInt(m.Actor.Attributes["exitCode"], 10, 32)
		if err == nil && whole && (code != exitKilled || oom) {
			event.Ended, event.ExitCode, event.OOMKilled = true, int32(code), oom
			event.At = structs.TimeOf(time.Unix(0, m.TimeNano))
		}
		delete(h, id)
	}
	return event, true
}

// eventOptions asks for the events since a time: the engine answers a little before it listens, and
// events in between would otherwise be lost.
func (e *Engine) eventOptions(since time.Time) events.ListOptions {
	args := filters.NewArgs(
		filters.Arg("type", string(events.ContainerEventType)),
		filters.Arg("label", runtime.LabelInstance+"="+e.instance),
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

// send sends an event. It returns false if ctx ended first.
func send(ctx context.Context, out chan<- runtime.Event, event runtime.Event) bool {
	select {
	case out <- event:
		return true
	case <-ctx.Done():
		return false
	}
}
