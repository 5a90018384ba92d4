package fake

import (
	"context"
	"sync"

	"github.com/gantry-project/gantry/agent/runtime"
)

// Events sends the changes of the instance's containers.
func (r *Runtime) Events(ctx context.Context) <-chan runtime.Event {
	w := &watcher{instance: r.instance, wake: make(chan struct{}, 1)}
	w.push(runtime.Event{})
	r.engine.mu.Lock()
	r.engine.watchers[w] = true
	r.engine.mu.Unlock()
	out := make(chan runtime.Event)
	go func() {
		defer close(out)
		defer func() {
			r.engine.mu.Lock()
			delete(r.engine.watchers, w)
			r.engine.mu.Unlock()
		}()
		w.deliver(ctx, out, func() error {
			return r.engine.cfg.Call(ctx, Call{Instance: r.instance, Name: NameEvents, Effect: nothing})
		})
	}()
	return out
}

// tell informs the watchers of an instance that a container changed, and how if that matters. The
// lock must be held.
func (e *Engine) tell(c *container, event runtime.Event) {
	if e.away || e.mute {
		return
	}
	event.ID, event.Task = c.state.ID, c.state.Labels[runtime.LabelTask]
	if s := c.state; s.State == runtime.ContainerExited && s.StartedAt != 0 {
		event.Ended, event.ExitCode, event.OOMKilled, event.At = true, s.ExitCode, s.OOMKilled, s.FinishedAt
	}
	for w := range e.watchers {
		if w.instance == c.state.Labels[runtime.LabelInstance] {
			w.push(event)
		}
	}
}

// watcher is one reader of events, with the events that it has not taken yet.
type watcher struct {
	instance string
	wake     chan struct{} // capacity 1
	mu       sync.Mutex
	queue    []runtime.Event
}

func (w *watcher) push(event runtime.Event) {
	w.mu.Lock()
	w.queue = append(w.queue, event)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// deliver sends events, each time that ready returns no error, until ctx ends.
func (w *watcher) deliver(ctx context.Context, out chan<- runtime.Event, ready func() error) {
	for ready() == nil {
		w.mu.Lock()
		queue := w.queue
		w.queue = nil
		w.mu.Unlock()
		for _, event := range queue {
			select {
			case out <- event:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return
		}
	}
}
