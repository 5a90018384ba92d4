package images

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
)

// progressEvery is how often a task hears of the progress of its pull. Each time is an entry of the
// servers' log.
const progressEvery = 5 * time.Second

// pulls merges simultaneous pulls of an image into one, which belongs to all callers that wait for
// it. It continues when one of them leaves, and is given up when the last one does, so a hanging
// registry does not hold up later callers.
type pulls struct {
	mu      sync.Mutex
	running map[string]*onePull
	away    map[string]time.Time // by image or registry; when it was last found not to answer
}

type onePull struct {
	waiters  int // guarded by pulls.mu
	cancel   context.CancelFunc
	progress atomic.Pointer[runtime.PullProgress]
	done     chan struct{} // closed once answer and err are set
	answer   string
	err      error
}

func newPulls() *pulls {
	return &pulls{running: make(map[string]*onePull), away: make(map[string]time.Time)}
}

// do runs work under key, or waits for the work already running under it. It passes on the progress
// every few seconds, if there is some.
func (p *pulls) do(
	ctx context.Context, key string, progress func(runtime.PullProgress),
	work func(context.Context, func(runtime.PullProgress)) error,
) error {
	pull := p.join(ctx, "pull "+key, func(ctx context.Context, pull *onePull) (string, error) {
		return "", work(ctx, func(now runtime.PullProgress) { pull.progress.Store(&now) })
	})
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	var told runtime.PullProgress
	for {
		select {
		case <-pull.done:
			return pull.err
		case <-ctx.Done():
			p.leave("pull "+key, pull)
			return ctx.Err()
		case <-ticker.C:
			if now := pull.progress.Load(); now != nil && *now != told {
				told = *now
				progress(told)
			}
		}
	}
}

// ask runs work under key, or waits for the answer of the work already running under it.
func (p *pulls) ask(ctx context.Context, key string, work func(context.Context) (string, error)) (string, error) {
	pull := p.join(ctx, "ask "+key, func(ctx context.Context, _ *onePull) (string, error) { return work(ctx) })
	select {
	case <-pull.done:
		return pull.answer, pull.err
	case <-ctx.Done():
		p.leave("ask "+key, pull)
		return "", ctx.Err()
	}
}

func (p *pulls) join(ctx context.Context, key string, work func(context.Context, *onePull) (string, error)) *onePull {
	p.mu.Lock()
	defer p.mu.Unlock()
	pull, ok := p.running[key]
	if !ok {
		workCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		pull = &onePull{cancel: cancel, done: make(chan struct{})}
		p.running[key] = pull
		go func() {
			defer cancel()
			pull.answer, pull.err = work(workCtx, pull)
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

// isAway reports whether one of some images or registries was found a moment ago not to answer.
func (p *pulls) isAway(keys ...string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(keys, func(key string) bool {
		at, ok := p.away[key]
		if ok && time.Since(at) >= awayFor {
			delete(p.away, key)
			ok = false
		}
		return ok
	})
}

func (p *pulls) setAway(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away[key] = time.Now()
}
