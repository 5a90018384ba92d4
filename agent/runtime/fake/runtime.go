package fake

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

const (
	exitTerminated = 143 // exit code of a process that SIGTERM ended
	exitKilled     = 137 // and of one that SIGKILL ended
)

var _ runtime.Runtime = (*Runtime)(nil)

// Runtime is an Engine as seen by the agent of one instance. As with a real engine, a call takes
// effect even if its caller is gone.
type Runtime struct {
	engine   *Engine
	instance string
	now      func() time.Time
}

// Info describes the machine of the engine.
func (r *Runtime) Info(ctx context.Context) (runtime.Info, error) {
	return r.engine.cfg.Info, r.call(ctx, "Info", 0, nothing)
}

func nothing() error { return nil }

// Ping fails while the engine is away.
func (r *Runtime) Ping(ctx context.Context) error { return r.call(ctx, NamePing, 0, nothing) }

// ListContainers lists the instance's containers.
func (r *Runtime) ListContainers(ctx context.Context) (list []runtime.ContainerState, err error) {
	err = r.call(ctx, "Containers", 0, func() error {
		for _, c := range r.engine.containers {
			if r.owns(c) {
				list = append(list, c.state)
			}
		}
		return nil
	})
	return list, err
}

// CreateContainer creates a container, or finds the one of that name and labels.
func (r *Runtime) CreateContainer(ctx context.Context, spec runtime.ContainerSpec) (id string, err error) {
	image := r.engine.cfg.Image(spec.Definition.Image)
	err = r.call(ctx, "Create "+spec.Name, image.CreateDelay, func() (err error) {
		id, err = r.create(spec, image)
		return err
	})
	return id, err
}

func (r *Runtime) create(spec runtime.ContainerSpec, image Image) (string, error) {
	e := r.engine
	for id, c := range e.containers {
		if c.state.Name != spec.Name {
			continue
		}
		if !maps.Equal(c.state.Labels, spec.Labels) {
			return "", refusal("CannotCreateContainerError", "the name "+spec.Name+" is in use")
		}
		return id, nil
	}
	if err := refusal("CannotCreateContainerError", image.CreateError); err != nil {
		return "", err
	}
	e.made++
	c := &container{spec: spec, now: r.now, state: runtime.ContainerState{
		ID:   fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, spec.Name, " ", e.made))),
		Name: spec.Name, Labels: maps.Clone(spec.Labels), State: runtime.ContainerCreated, Image: image.Digest,
	}}
	e.containers[c.state.ID] = c
	e.tell(c, runtime.Event{Created: true})
	return c.state.ID, nil
}

// StartContainer starts a created container.
func (r *Runtime) StartContainer(ctx context.Context, id string) (state runtime.ContainerState, err error) {
	name, image := r.look(id)
	behaves := r.engine.cfg.Image(image)
	err = r.call(ctx, "Start "+name, behaves.StartDelay, func() (err error) {
		state, err = r.start(id, behaves)
		return err
	})
	return state, err
}

func (r *Runtime) start(id string, image Image) (runtime.ContainerState, error) {
	e := r.engine
	c := e.containers[id]
	if c == nil || !r.owns(c) {
		return runtime.ContainerState{}, refusal("CannotStartContainerError", "no such container")
	}
	if c.state.State != runtime.ContainerCreated {
		return c.state, nil
	}
	if err := refusal("CannotStartContainerError", image.StartError); err != nil {
		c.state.State, c.state.Error, c.state.ExitCode = runtime.ContainerExited, image.StartError, 128
		return runtime.ContainerState{}, err
	}
	for _, m := range c.spec.Definition.PortMappings {
		e.made++
		c.state.Bindings = append(c.state.Bindings, structs.NetworkBinding{
			BindIP: "0.0.0.0", ContainerPort: m.ContainerPort, HostPort: new(int32(32768 + e.made)), Protocol: "tcp",
		})
	}
	e.run(c)
	e.behave(c, image)
	return c.state, nil
}

// RestartContainer starts an ended container again, unless it was started since.
func (r *Runtime) RestartContainer(ctx context.Context, id string, startedAt structs.Time) (state runtime.ContainerState, err error) {
	name, image := r.look(id)
	behaves := r.engine.cfg.Image(image)
	err = r.call(ctx, "Restart "+name, behaves.StartDelay, func() error {
		c := r.engine.containers[id]
		if c == nil || !r.owns(c) {
			return refusal("CannotStartContainerError", "no such container")
		}
		if c.state.State == runtime.ContainerExited && c.state.StartedAt == startedAt {
			if err := refusal("CannotStartContainerError", behaves.StartError); err != nil {
				return err
			}
			r.engine.run(c)
			r.engine.behave(c, behaves)
		}
		state = c.state
		return nil
	})
	return state, err
}

// InspectContainer returns a container's state.
func (r *Runtime) InspectContainer(ctx context.Context, id string) (state runtime.ContainerState, ok bool, err error) {
	name, _ := r.look(id)
	err = r.call(ctx, "Inspect "+name, 0, func() error {
		if c := r.engine.containers[id]; c != nil && r.owns(c) {
			state, ok = c.state, true
		}
		return nil
	})
	return state, ok, err
}

// StopContainer ends a container as its image specifies, and waits for that.
func (r *Runtime) StopContainer(ctx context.Context, id string, timeout int) error {
	e := r.engine
	name, image := r.look(id)
	behaves := e.cfg.Image(image)
	var ended <-chan struct{}
	err := r.call(ctx, "Stop "+name, 0, func() error {
		c := e.containers[id]
		if c == nil || !r.owns(c) || c.state.State != runtime.ContainerRunning {
			return nil
		}
		ended = c.ended
		if limit := time.Duration(timeout) * time.Second; behaves.StopAfter > limit {
			e.exitAfter(c, limit, exitKilled)
		} else {
			e.exitAfter(c, behaves.StopAfter, exitTerminated)
		}
		return nil
	})
	if err != nil || ended == nil {
		return err
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// SignalContainer does nothing to a container: the call can be seen.
func (r *Runtime) SignalContainer(ctx context.Context, id, signal string) error {
	name, _ := r.look(id)
	return r.call(ctx, "Signal "+name+" "+signal, 0, nothing)
}

// RemoveContainer removes a container, running or not.
func (r *Runtime) RemoveContainer(ctx context.Context, id string) error {
	name, _ := r.look(id)
	return r.call(ctx, "Remove "+name, 0, func() error {
		if c := r.engine.containers[id]; c != nil && r.owns(c) {
			r.engine.remove(c)
		}
		return nil
	})
}

func (r *Runtime) owns(c *container) bool {
	return c.state.Labels[runtime.LabelInstance] == r.instance
}

// look returns the name of a container, or the id if there is none, and its image.
func (r *Runtime) look(id string) (name, image string) {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	if c := r.engine.containers[id]; c != nil {
		return c.state.Name, c.spec.Definition.Image
	}
	return id, ""
}

func refusal(name, text string) error {
	if text == "" {
		return nil
	}
	return &runtime.Error{Name: name, Reason: text}
}

// InspectLogs says that nothing is kept of what containers write.
func (r *Runtime) InspectLogs(context.Context, string) (runtime.LogFiles, bool, error) {
	return runtime.LogFiles{Driver: "none"}, true, nil
}

// FollowLogs returns at once.
func (r *Runtime) FollowLogs(context.Context, string, time.Time, func(runtime.LogRecord) error) error {
	return nil
}
