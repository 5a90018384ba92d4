package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// behaviour is how the simulated containers of all agents behave, and counts what they do.
type behaviour struct {
	startDelay  time.Duration
	failureRate float64 // of starts, 0 to 1
	exitRate    float64 // of the running containers, in a minute
	cpus        int
	memory      int64 // MiB

	running, failed, exited atomic.Int64
}

// runtime is the agent.Runtime of one simulated machine: containers are rows in memory that start
// after a while, and fail or end by chance.
type runtime struct {
	*behaviour
	host   string
	events chan structs.RuntimeEvent // only exits are told: all else is in the answers of calls

	mu         sync.Mutex
	containers map[string]*structs.ContainerState // by name, which is the id too
}

func newRuntime(b *behaviour, host string) *runtime {
	return &runtime{behaviour: b, host: host, events: make(chan structs.RuntimeEvent), containers: map[string]*structs.ContainerState{}}
}

// Info is a part of agent.Runtime, as are those below.
func (r *runtime) Info(context.Context) (structs.RuntimeInfo, error) {
	return structs.RuntimeInfo{
		Version: "simulated", Hostname: r.host, CPUs: r.cpus, Memory: r.memory, OSType: "linux", Architecture: "x86_64",
		LogDrivers: []string{"json-file"},
	}, nil
}

// Ping always succeeds.
func (r *runtime) Ping(context.Context) error { return nil }

// Containers lists all.
func (r *runtime) Containers(context.Context) (list []structs.ContainerState, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.containers {
		list = append(list, *c)
	}
	return list, nil
}

// Pull finds every image.
func (r *runtime) Pull(context.Context, string) error { return nil }

// Create makes a row.
func (r *runtime) Create(_ context.Context, spec structs.ContainerSpec) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.containers[spec.Name] == nil {
		r.containers[spec.Name] = &structs.ContainerState{ID: spec.Name, Name: spec.Name, Labels: spec.Labels, State: structs.ContainerCreated}
	}
	return spec.Name, nil
}

// Start takes the start delay, and fails as often as it is to.
func (r *runtime) Start(ctx context.Context, id string) (structs.ContainerState, error) {
	select {
	case <-time.After(r.startDelay):
	case <-ctx.Done():
		return structs.ContainerState{}, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.containers[id]
	switch {
	case c == nil:
		return structs.ContainerState{}, &structs.RuntimeError{Name: "CannotStartContainerError", Reason: "there is no such container"}
	case c.State != structs.ContainerCreated:
		return *c, nil
	case rand.Float64() < r.failureRate:
		r.failed.Add(1)
		c.State, c.ExitCode, c.Error = structs.ContainerExited, 128, "simulated failure"
		return structs.ContainerState{}, &structs.RuntimeError{Name: "CannotStartContainerError", Reason: c.Error}
	}
	c.State, c.StartedAt = structs.ContainerRunning, structs.TimeOf(time.Now())
	r.running.Add(1)
	if r.exitRate > 0 {
		time.AfterFunc(time.Duration(rand.ExpFloat64()*float64(time.Minute)/r.exitRate), func() { r.exit(c) })
	}
	return *c, nil
}

// exit ends a container by itself.
func (r *runtime) exit(c *structs.ContainerState) {
	if !r.end(c, 1) {
		return
	}
	r.exited.Add(1)
	r.events <- structs.RuntimeEvent{ID: c.ID, Task: c.Labels[structs.LabelTask], Ended: true, ExitCode: c.ExitCode, At: c.FinishedAt}
}

// end ends a container; false when it does not run.
func (r *runtime) end(c *structs.ContainerState, code int32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c == nil || c.State != structs.ContainerRunning {
		return false
	}
	c.State, c.ExitCode, c.FinishedAt = structs.ContainerExited, code, structs.TimeOf(time.Now())
	r.running.Add(-1)
	return true
}

// Inspect tells a container's state.
func (r *runtime) Inspect(_ context.Context, id string) (structs.ContainerState, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.containers[id]; c != nil {
		return *c, true, nil
	}
	return structs.ContainerState{}, false, nil
}

// Stop ends a container at once, as SIGTERM does.
func (r *runtime) Stop(_ context.Context, id string, _ int) error {
	r.end(r.find(id), 143)
	return nil
}

// Remove removes a container, running or not.
func (r *runtime) Remove(_ context.Context, id string) error {
	r.end(r.find(id), 137)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.containers, id)
	return nil
}

func (r *runtime) find(id string) *structs.ContainerState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.containers[id]
}

// Events tells of exits until ctx ends; those after that are told to nobody.
func (r *runtime) Events(ctx context.Context) <-chan structs.RuntimeEvent {
	out := make(chan structs.RuntimeEvent)
	go func() {
		defer close(out)
		for {
			select {
			case event := <-r.events:
				select {
				case out <- event:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
