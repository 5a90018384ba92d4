package check

import (
	"context"
	"sync"
)

// Config is what Checks need.
type Config struct {
	// Report sends what changed to the servers. It is called again with the same reports if it
	// fails. Calls come one after the other.
	Report Report
}

// Checks check a set of targets. Make it with New, and run it once.
type Checks struct {
	outbox outbox

	mu      sync.Mutex
	running map[string]*checker // by key of their targets
	ctx     context.Context     // of Run; nil before
	work    sync.WaitGroup
	wanted  map[string]Spec
}

// New returns checks of no target.
func New(c Config) *Checks {
	return &Checks{
		outbox:  outbox{send: c.Report, news: make(chan struct{}, 1)},
		running: map[string]*checker{}, wanted: map[string]Spec{},
	}
}

// Run checks and reports until ctx ends. When it returns, every check has ended.
func (c *Checks) Run(ctx context.Context) {
	c.mu.Lock()
	c.ctx = ctx
	c.arrange()
	c.mu.Unlock()
	c.outbox.run(ctx)
	c.mu.Lock()
	for _, checker := range c.running {
		checker.stop()
	}
	c.mu.Unlock()
	c.work.Wait()
}

// Set says which targets are checked, by keys of the caller's. A target whose Spec is as before is
// not disturbed; one whose way of checking changed keeps its state.
func (c *Checks) Set(wanted map[string]Spec) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted = wanted
	if c.ctx != nil && c.ctx.Err() == nil {
		c.arrange()
	}
}

// Again has everything reported again that was seen of the targets, as the servers may not have it.
func (c *Checks) Again() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, checker := range c.running {
		checker.again()
	}
}

// arrange begins and ends checkers as wanted. c.mu is held.
func (c *Checks) arrange() {
	for key, checker := range c.running {
		if _, ok := c.wanted[key]; !ok {
			checker.stop()
			c.outbox.forget(key)
			delete(c.running, key)
		}
	}
	for key, spec := range c.wanted {
		old := c.running[key]
		if old != nil && old.set(spec) {
			continue
		}
		checker := newChecker(key, spec, &c.outbox)
		ctx, cancel := context.WithCancel(c.ctx)
		checker.stop = cancel
		c.running[key] = checker
		c.work.Go(func() { checker.run(ctx) })
	}
}
