package agent

import (
	"context"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
)

const (
	// fenceTick is how often an agent checks whether its lease is about to end.
	fenceTick = 50 * time.Millisecond
	// killAgain is how long a cut-off agent waits before it looks for running containers again: the
	// engine may have been away, or busy starting one.
	killAgain = time.Second
	// killTimeout limits one such look, including the killing.
	killTimeout = 10 * time.Second
)

// guard kills all running containers whenever the agent's lease is about to expire, until ctx ends
// (Config.StopOnDisconnect).
func (a *Agent) guard(ctx context.Context) {
	var again time.Time // when to look for running containers again; zero if a server answers
	tick := time.NewTicker(fenceTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch {
		case a.link.LeaseLeft() > 0:
			again = time.Time{}
		case again.IsZero():
			a.log.Warn("for the length of the lease no server has said that the leader hears of this agent; " +
				"killing all tasks, since they are replaced elsewhere")
			fallthrough
		case !time.Now().Before(again):
			a.killAll(ctx)
			again = time.Now().Add(killAgain)
		}
	}
}

// killAll ends every task and kills every container of the instance at once, including those that
// are still stopping and those that an earlier process left.
func (a *Agent) killAll(ctx context.Context) {
	a.mu.Lock()
	for _, r := range a.runners {
		r.Fence()
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

// noteKill records why a task ends: a runner that adopts it later could not tell.
func (a *Agent) noteKill(task string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.runners[task]; r != nil {
		r.Fence()
	} else {
		a.killed[task] = true
	}
}
