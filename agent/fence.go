package agent

import (
	"context"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// fenceMargin is how long before the end of its lease an agent that is cut off begins to kill its containers.
const fenceMargin = 200 * time.Millisecond

// fence knows until when no server gives the agent's tasks to another instance. Safe for concurrent use.
type fence struct {
	mu    sync.Mutex
	until time.Time
}

// heard notes that a server answered a beat that was sent at a time. Its lease begins no earlier.
func (f *fence) heard(sent time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if until := sent.Add(structs.AgentLease - fenceMargin); until.After(f.until) {
		f.until = until
	}
}

func (f *fence) left() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Until(f.until)
}

// guard kills what runs here whenever the agent's lease is about to run out, until ctx ends (Config.StopOnDisconnect).
func (a *Agent) guard(ctx context.Context) {
	fenced := false
	tick := time.NewTicker(fenceMargin / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		cutOff := a.fence.left() <= 0
		if cutOff && !fenced {
			a.log.Warn("no server has answered for the length of the lease; killing all tasks, since they are replaced elsewhere")
			a.killAll(ctx)
		}
		fenced = cutOff
	}
}

// killAll ends every task, and kills every container of the instance at once: also those that have been asked to stop and take
// their time.
func (a *Agent) killAll(ctx context.Context) {
	a.mu.Lock()
	for _, r := range a.runners {
		r.fence()
	}
	a.mu.Unlock()
	list, err := a.runtime.Containers(ctx)
	if err != nil {
		a.log.Warn("cannot list the containers to kill; their runners do it", "error", err)
	}
	for _, c := range list {
		if c.State == structs.ContainerRunning {
			a.work.Go(func() {
				if err := a.runtime.Stop(ctx, c.ID, 0); err != nil && ctx.Err() == nil {
					a.log.Warn("cannot kill a container; its runner tries again", "container", c.Name, "error", err)
				}
			})
		}
	}
}
