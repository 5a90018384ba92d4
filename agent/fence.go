package agent

import (
	"context"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

const (
	// fenceMargin is how long before the end of its lease an agent that is cut off begins to kill
	// its containers. A leader that leads no more may not know it yet, for no longer than that.
	fenceMargin = 400 * time.Millisecond
	// fenceTick is how often an agent looks whether its lease is about to end.
	fenceTick = 50 * time.Millisecond
	// killAgain is how long an agent that is cut off waits before it looks again for containers
	// that run: the engine may have been away, or busy with the start of one.
	killAgain = time.Second
	// killTimeout bounds one such look and the killing.
	killTimeout = 10 * time.Second
)

// fence knows until when no server gives the agent's tasks to another instance. Of the lease of an
// earlier process nothing is kept: an agent has one from its start, since a server that answers may
// leave it what runs. So a task may run twice for as long as no agent ran, and a lease more. Safe
// for concurrent use.
type fence struct {
	mu    sync.Mutex
	until time.Time
}

// heard notes that the leader heard of the agent at a time. The lease begins no earlier.
func (f *fence) heard(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if until := at.Add(structs.FencedLease - fenceMargin); until.After(f.until) {
		f.until = until
	}
}

func (f *fence) left() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Until(f.until)
}

// guard kills what runs here whenever the agent's lease is about to run out, until ctx ends
// (Config.StopOnDisconnect).
func (a *Agent) guard(ctx context.Context) {
	var again time.Time // when to look again for what runs; zero: a server answers
	tick := time.NewTicker(fenceTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch {
		case a.fence.left() > 0:
			again = time.Time{}
		case again.IsZero():
			a.log.Warn("no server has said for the length of the lease that the leader knows of this agent; killing all tasks, since they are replaced elsewhere")
			fallthrough
		case !time.Now().Before(again):
			a.killAll(ctx)
			again = time.Now().Add(killAgain)
		}
	}
}

// killAll ends every task, and kills every container of the instance at once: also those that have
// been asked to stop and take their time, and those that an earlier process left.
func (a *Agent) killAll(ctx context.Context) {
	a.mu.Lock()
	for _, r := range a.runners {
		r.fence()
	}
	a.mu.Unlock()
	looking, done := context.WithTimeout(ctx, killTimeout)
	defer done()
	list, err := a.runtime.ListContainers(looking)
	if err != nil && ctx.Err() == nil {
		a.log.Warn("cannot list the containers to kill; trying again", "error", err)
	}
	var kills sync.WaitGroup
	for _, c := range list {
		if c.State != runtime.ContainerRunning {
			continue
		}
		a.noteKill(c.Labels[runtime.LabelTask])
		kills.Go(func() {
			if err := a.runtime.StopContainer(looking, c.ID, 0); err != nil && ctx.Err() == nil {
				a.log.Warn("cannot kill a container; trying again", "container", c.Name, "error", err)
			}
		})
	}
	kills.Wait()
}

// noteKill keeps why a task ends: a runner that adopts it later could not tell.
func (a *Agent) noteKill(task string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.runners[task]; r != nil {
		r.fence()
	} else {
		a.killed[task] = true
	}
}
