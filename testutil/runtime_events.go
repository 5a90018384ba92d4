package testutil

import (
	"context"
	"sync"

	"github.com/gantry-project/gantry/structs"
)

// Events tells of changes of the instance's containers.
func (r *FakeRuntime) Events(ctx context.Context) <-chan structs.RuntimeEvent {
	w := &fakeWatcher{instance: r.instance, wake: make(chan struct{}, 1)}
	w.push(structs.RuntimeEvent{})
	r.engine.mu.Lock()
	r.engine.watchers[w] = true
	r.engine.mu.Unlock()
	out := make(chan structs.RuntimeEvent)
	go func() {
		defer close(out)
		defer func() {
			r.engine.mu.Lock()
			delete(r.engine.watchers, w)
			r.engine.mu.Unlock()
		}()
		w.deliver(ctx, out, r.works)
	}()
	return out
}

// fakeWatcher is one reader of events; it keeps what its reader has not taken yet.
type fakeWatcher struct {
	instance string
	wake     chan struct{} // capacity 1
	mu       sync.Mutex
	queue    []structs.RuntimeEvent
}

func (w *fakeWatcher) push(event structs.RuntimeEvent) {
	w.mu.Lock()
	w.queue = append(w.queue, event)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// deliver sends events, whenever the engine works, until ctx ends.
func (w *fakeWatcher) deliver(ctx context.Context, out chan<- structs.RuntimeEvent, works func(context.Context) error) {
	for {
		if works(ctx) != nil {
			return
		}
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
