package credentials

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
)

// ErrRefused is wrapped by the errors of a Source that asking again would not change.
var ErrRefused = errors.New("the servers refuse the keys of the role")

// Source asks the servers for keys of the role of a task. An error that wraps ErrRefused is an
// answer; any other means that no server answered.
type Source func(ctx context.Context, task string) (Keys, error)

// Config is what a Cache needs. Both fields are required.
type Config struct {
	Source Source
	Logger *slog.Logger
}

// Cache holds the keys of tasks' roles. Its methods may be called from many goroutines.
type Cache struct {
	cfg Config

	mu   sync.Mutex
	held map[string]*entry // by task
	work sync.WaitGroup
	done bool // Close was called
}

// entry is the keys of one task.
type entry struct {
	task string
	end  context.CancelFunc
	ask  chan struct{} // capacity 1: somebody waits for keys

	mu      sync.Mutex
	keys    Keys
	err     error         // of the newest call; nil if it succeeded or there was none
	changed chan struct{} // closed when the two above change, and then another
}

// New returns a Cache that holds nothing.
func New(c Config) *Cache { return &Cache{cfg: c, held: map[string]*entry{}} }

// Hold begins to hold the keys of a task. It does not wait for them.
func (c *Cache) Hold(task string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[task] != nil || c.done {
		return
	}
	ctx, end := context.WithCancel(context.Background())
	e := &entry{task: task, end: end, ask: make(chan struct{}, 1), changed: make(chan struct{})}
	c.held[task] = e
	c.work.Go(func() { c.keep(ctx, e) })
}

// Drop forgets the keys of a task.
func (c *Cache) Drop(task string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.held[task]; e != nil {
		e.end()
		delete(c.held, task)
	}
}

// Close forgets everything. When it returns, nothing that the cache started still runs.
func (c *Cache) Close() {
	c.mu.Lock()
	c.done = true
	for task, e := range c.held {
		e.end()
		delete(c.held, task)
	}
	c.mu.Unlock()
	c.work.Wait()
}

// ErrNotHeld is returned for a task that is not held.
var ErrNotHeld = errors.New("the task has no role here")

// Get returns keys of a task that hold. If there are none yet, it waits until the servers have
// given or refused some, or until ctx ends.
func (c *Cache) Get(ctx context.Context, task string) (Keys, error) {
	c.mu.Lock()
	e := c.held[task]
	c.mu.Unlock()
	if e == nil {
		return Keys{}, ErrNotHeld
	}
	for asked := false; ; asked = true {
		e.mu.Lock()
		keys, err, changed := e.keys, e.err, e.changed
		e.mu.Unlock()
		switch {
		case keys.hold(time.Now()):
			return keys, nil
		case errors.Is(err, ErrRefused) && asked:
			return Keys{}, err
		}
		wait.Nudge(e.ask)
		select {
		case <-changed:
		case <-ctx.Done():
			return Keys{}, errors.Join(err, ctx.Err())
		}
	}
}

// How long a call of the source may take, and how far apart calls are: at least renewAtLeast, so
// that keys with a short life do not keep the servers busy, and at most renewAtMost, for keys that
// do not expire may be exchanged.
const (
	callTimeout  = 35 * time.Second // a command that has keys may take 30
	renewAtLeast = 10 * time.Second
	renewAtMost  = time.Hour
	retryAtMost  = 15 * time.Second
)

// keep renews the keys of an entry until ctx ends.
func (c *Cache) keep(ctx context.Context, e *entry) {
	again := wait.Backoff{Most: retryAtMost}
	for ctx.Err() == nil {
		calling, cancel := context.WithTimeout(ctx, callTimeout)
		keys, err := c.cfg.Source(calling, e.task)
		cancel()
		if ctx.Err() != nil {
			return
		}
		pause := keys.renewAfter(time.Now())
		if err == nil {
			again.Reset()
			e.answered()
		} else {
			pause = again.Next()
		}
		if news := e.set(keys, err); news && err != nil {
			c.cfg.Logger.Warn("cannot get keys of the task's role; trying again", "task", e.task, "error", err)
		}
		e.rest(ctx, pause)
	}
}

// set notes the outcome of a call, and reports whether it is another than that of the last call.
// After a failure the earlier keys stay.
func (e *entry) set(keys Keys, err error) (news bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	news = (err == nil) != (e.err == nil) || err != nil && err.Error() != e.err.Error()
	if err == nil {
		e.keys = keys
	}
	e.err = err
	close(e.changed)
	e.changed = make(chan struct{})
	return news
}

// answered forgets that somebody waits.
func (e *entry) answered() {
	select {
	case <-e.ask:
	default:
	}
}

// rest sleeps until keys are to be renewed, or somebody waits for some.
func (e *entry) rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
	case <-e.ask:
		wait.Sleep(ctx, askedPause)
	}
}

// askedPause is the shortest time between two calls for a task whose containers keep asking.
const askedPause = 100 * time.Millisecond
