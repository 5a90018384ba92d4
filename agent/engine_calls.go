package agent

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// callHangs is how long the engine may take for one call, unless the call waits for a container or
// a registry (ECS's agent waits as long for a create). An engine may answer probes while it does no
// work.
const callHangs = 4 * time.Minute

// timedRuntime is a runtime that records its calls in progress, except pulls, stops and events.
type timedRuntime struct {
	runtime.Runtime
	calls *engineCalls
}

// engineCalls are calls in progress. It is safe for concurrent use.
type engineCalls struct {
	mu    sync.Mutex
	made  int
	since map[int]engineCall
}

type engineCall struct {
	what  string // for people
	began time.Time
}

// begin records a call until the function that it returns is called.
func (c *engineCalls) begin(what string) (done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	n := c.made
	c.since[n] = engineCall{what, time.Now()}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.since, n)
	}
}

// hanging returns an error about the oldest call, if it hangs.
func (c *engineCalls) hanging() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	oldest := engineCall{began: time.Now().Add(-callHangs)}
	for _, call := range c.since {
		if call.began.Before(oldest.began) {
			oldest = call
		}
	}
	if oldest.what == "" {
		return nil
	}
	return fmt.Errorf("it has been %s for more than %s", oldest.what, callHangs)
}

func (r *timedRuntime) ListContainers(ctx context.Context) ([]runtime.ContainerState, error) {
	defer r.calls.begin("listing the containers")()
	return r.Runtime.ListContainers(ctx)
}

func (r *timedRuntime) CreateContainer(ctx context.Context, spec runtime.ContainerSpec) (string, error) {
	defer r.calls.begin("creating container " + spec.Name)()
	return r.Runtime.CreateContainer(ctx, spec)
}

func (r *timedRuntime) StartContainer(ctx context.Context, id string) (runtime.ContainerState, error) {
	defer r.calls.begin("starting container " + id)()
	return r.Runtime.StartContainer(ctx, id)
}

func (r *timedRuntime) RestartContainer(ctx context.Context, id string, startedAt structs.Time) (runtime.ContainerState, error) {
	defer r.calls.begin("restarting container " + id)()
	return r.Runtime.RestartContainer(ctx, id, startedAt)
}

func (r *timedRuntime) InspectContainer(ctx context.Context, id string) (runtime.ContainerState, bool, error) {
	defer r.calls.begin("inspecting container " + id)()
	return r.Runtime.InspectContainer(ctx, id)
}

func (r *timedRuntime) RemoveContainer(ctx context.Context, id string) error {
	defer r.calls.begin("removing container " + id)()
	return r.Runtime.RemoveContainer(ctx, id)
}
