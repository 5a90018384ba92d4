package docker

import (
	"context"
	"sync"
)

// pulls merges simultaneous pulls of an image into one, which belongs to all callers that wait for
// it. It continues when one of them leaves, and is given up when the last one does, so a hanging
// registry does not hold up later callers.
type pulls struct {
	mu      sync.Mutex
	running map[string]*onePull
}

type onePull struct {
	waiters int // guarded by pulls.mu
	cancel  context.CancelFunc
	done    chan struct{} // closed once err is set
	err     error
}

func newPulls() *pulls { return &pulls{running: make(map[string]*onePull)} }

// do runs work under key, or waits for the work already running under it.
func (p *pulls) do(ctx context.Context, key string, work func(context.Context) error) error {
	pull := p.join(ctx, key, work)
	select {
	case <-pull.done:
		return pull.err
	case <-ctx.Done():
		p.leave(key, pull)
		return ctx.Err()
	}
}

func (p *pulls) join(ctx context.Context, key string, work func(context.Context) error) *onePull {
	p.mu.Lock()
	defer p.mu.Unlock()
	pull, ok := p.running[key]
	if !ok {
		workCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		pull = &onePull{cancel: cancel, done: make(chan struct{})}
		p.running[key] = pull
		go func() {
			defer cancel()
			pull.err = work(workCtx)
			p.mu.Lock()
			p.forget(key, pull)
			p.mu.Unlock()
			close(pull.done)
		}()
	}
	pull.waiters++
	return pull
}

func (p *pulls) leave(key string, pull *onePull) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pull.waiters--; pull.waiters == 0 {
		p.forget(key, pull)
		pull.cancel()
	}
}

// forget lets the next caller start a pull of its own. The lock must be held.
func (p *pulls) forget(key string, pull *onePull) {
	if p.running[key] == pull {
		delete(p.running, key)
	}
}
