package network

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/wait"
)

// pool keeps spare pauses: to start one takes as long as to start a container of the task. A task
// takes one by giving it the task's name, which the engine does whole or not at all.
type pool struct {
	engine runtime.Pauses
	want   int
	step   func(done string)
	short  chan struct{} // capacity 1: there may be too few

	mu       sync.Mutex
	spares   []runtime.Pause
	starting string // the name of the one that fill starts
}

// add puts in a spare pause that exists. It reports false if there are enough.
func (p *pool) add(pause runtime.Pause) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.spares) >= p.want {
		return false
	}
	p.spares = append(p.spares, pause)
	return true
}

func (p *pool) pop() (pause runtime.Pause, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.spares) == 0 {
		return pause, false
	}
	pause = p.spares[0]
	p.spares = p.spares[1:]
	return pause, true
}

// has reports whether a pause is in the pool, or about to be.
func (p *pool) has(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return name == p.starting || slices.ContainsFunc(p.spares, func(s runtime.Pause) bool { return s.Name == name })
}

// dropDead takes out those that have ended.
func (p *pool) dropDead() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spares = slices.DeleteFunc(p.spares, func(s runtime.Pause) bool { return !lives(s) })
}

// take returns a running pause for a task: the one that has its name, a spare one, or a new one.
func (p *pool) take(ctx context.Context, task string) (runtime.Pause, error) {
	defer wait.Nudge(p.short)
	name := runtime.PauseName(task)
	for spare, ok := p.pop(); ok; spare, ok = p.pop() {
		if !lives(spare) {
			continue // the next sweep removes it
		}
		renamed, err := p.engine.RenamePause(ctx, spare.ID, name)
		if err != nil {
			return spare, err // whichever name it has, it is found by that
		}
		if renamed {
			p.step("a spare pause has the task's name")
			spare.Name = name
			return spare, nil
		}
		found, there, err := p.engine.FindPause(ctx, name)
		if err != nil {
			return found, err
		}
		if there { // an earlier process prepared it
			p.add(spare)
			return found, nil
		}
	}
	return p.engine.StartPause(ctx, name)
}

// fill starts spare pauses until there are enough.
func (p *pool) fill(ctx context.Context) error {
	for {
		p.mu.Lock()
		full := len(p.spares) >= p.want
		p.starting = runtime.SpareName(strings.ToLower(rand.Text()))
		name := p.starting
		p.mu.Unlock()
		if full || ctx.Err() != nil {
			return nil
		}
		spare, err := p.engine.StartPause(ctx, name)
		if err != nil {
			return fmt.Errorf("start a spare pause: %w", err)
		}
		p.step("a spare pause was started")
		p.add(spare)
	}
}

// lives reports whether the process of a pause is still that of its container: its number may have
// been given to another. A process is in a control group that is named after its container.
func lives(p runtime.Pause) bool {
	if p.PID == 0 {
		return false
	}
	groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", p.PID))
	return err == nil && strings.Contains(string(groups), p.ID)
}

// keepSpares fills the pool whenever a pause was taken, once a task has needed one, until ctx ends.
func (n *Network) keepSpares(ctx context.Context) {
	retry := time.NewTicker(reconcileEvery)
	defer retry.Stop()
	for {
		n.mu.Lock()
		used := n.saved.Used
		n.mu.Unlock()
		if used {
			err := n.look(ctx)
			if err == nil {
				err = n.pool.fill(ctx)
			}
			if ctx.Err() == nil {
				n.warnOf("spare pauses", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-n.pool.short:
		case <-retry.C:
		}
	}
}
