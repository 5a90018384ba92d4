package testutil

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// FakeRuntime is a FakeEngine as the agent of one instance sees it; it implements agent.Runtime.
type FakeRuntime struct {
	engine   *FakeEngine
	instance string
	now      func() time.Time
}

// call is one call: recorded, with the hook before and after its effect. Like a real engine it
// keeps an effect whose caller has gone.
func (r *FakeRuntime) call(ctx context.Context, name string, delay func() time.Duration, effect func() error) error {
	e := r.engine
	e.mu.Lock()
	e.calls = append(e.calls, name)
	hook := e.hook
	var wait time.Duration
	if delay != nil {
		wait = delay()
	}
	e.mu.Unlock()
	r.hold(ctx)
	if err := r.works(ctx); err != nil { // the engine comes to it late
		if !strings.HasPrefix(name, "Stop ") {
			r.later(func() { _ = r.ifThere(effect) })
		}
		return err
	}
	if hook != nil {
		hook("before " + name)
	}
	if !fakePause(ctx, wait) {
		return ctx.Err()
	}
	err := r.ifThere(effect)
	if hook != nil {
		hook("after " + name)
		err = cmp.Or(r.ifThere(func() error { return nil }), err) // the answer may be lost
	}
	r.hold(ctx)
	return cmp.Or(r.works(ctx), ctx.Err(), err)
}

// hold waits while the agent is frozen.
func (r *FakeRuntime) hold(ctx context.Context) {
	r.engine.mu.Lock()
	thawed := r.engine.frozen[r.instance]
	r.engine.mu.Unlock()
	if thawed != nil {
		select {
		case <-thawed:
		case <-ctx.Done():
		}
	}
}

func (r *FakeRuntime) ifThere(effect func() error) error {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	if r.engine.away {
		return errors.New("cannot connect to the fake container engine")
	}
	return effect()
}

// fakePause is false when ctx ends first.
func fakePause(ctx context.Context, d time.Duration) bool {
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

// Info describes a machine of 4 cores and 8 GiB.
func (r *FakeRuntime) Info(ctx context.Context) (structs.RuntimeInfo, error) {
	err := r.call(ctx, "Info", nil, func() error { return nil })
	return structs.RuntimeInfo{
		Version: "20.10.24", Hostname: "fake", CPUs: 4, Memory: 8192, OSType: "linux", Architecture: "x86_64",
		LogDrivers: []string{"awslogs", "json-file"},
	}, err
}

// Ping fails while the engine is away, and hangs while it is hung. An agent that is frozen asks
// nothing.
func (r *FakeRuntime) Ping(ctx context.Context) error {
	r.hold(context.WithoutCancel(ctx))
	if err := r.works(ctx); err != nil {
		return err
	}
	return r.ifThere(func() error { return nil })
}

// Containers lists the instance's containers.
func (r *FakeRuntime) Containers(ctx context.Context) (list []structs.ContainerState, err error) {
	err = r.call(ctx, "Containers", nil, func() error {
		for _, c := range r.engine.containers {
			if r.owns(c) {
				list = append(list, c.state)
			}
		}
		return nil
	})
	return list, err
}

// Pull waits as the image says.
func (r *FakeRuntime) Pull(ctx context.Context, image string) error {
	return r.call(ctx, "Pull "+image,
		func() time.Duration { return r.engine.images[image].PullDelay },
		func() error { return fakeRefusal("CannotPullContainerError", r.engine.images[image].PullError) })
}

// Create makes a container, or finds the one of that name and labels.
func (r *FakeRuntime) Create(ctx context.Context, spec structs.ContainerSpec) (id string, err error) {
	defer r.engine.count()()
	err = r.call(ctx, "Create "+spec.Name,
		func() time.Duration { return r.engine.images[spec.Definition.Image].CreateDelay },
		func() (err error) { id, err = r.create(spec); return err })
	return id, err
}

func (r *FakeRuntime) create(spec structs.ContainerSpec) (string, error) {
	e := r.engine
	for id, c := range e.containers {
		if c.state.Name != spec.Name {
			continue
		}
		if !maps.Equal(c.state.Labels, spec.Labels) {
			return "", fakeRefusal("CannotCreateContainerError", "the name "+spec.Name+" is in use")
		}
		return id, nil
	}
	image := spec.Definition.Image
	if err := fakeRefusal("CannotCreateContainerError", e.images[image].CreateError); err != nil {
		return "", err
	}
	e.made++
	c := &fakeContainer{spec: spec, ended: make(chan struct{}), now: r.now, state: structs.ContainerState{
		ID: fmt.Sprintf("%064x", e.made), Name: spec.Name, Labels: maps.Clone(spec.Labels), State: structs.ContainerCreated,
		Image: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(image))),
	}}
	e.containers[c.state.ID] = c
	e.tell(c, structs.RuntimeEvent{Created: true})
	return c.state.ID, nil
}

// Start starts a created container.
func (r *FakeRuntime) Start(ctx context.Context, id string) (state structs.ContainerState, err error) {
	defer r.engine.count()()
	e := r.engine
	err = r.call(ctx, "Start "+r.name(id), func() time.Duration {
		if c := e.containers[id]; c != nil {
			return e.images[c.spec.Definition.Image].StartDelay
		}
		return 0
	}, func() (err error) { state, err = r.start(id); return err })
	return state, err
}

func (r *FakeRuntime) start(id string) (structs.ContainerState, error) {
	e := r.engine
	c := e.containers[id]
	if c == nil || !r.owns(c) {
		return structs.ContainerState{}, fakeRefusal("CannotStartContainerError", "no such container")
	}
	if c.state.State != structs.ContainerCreated {
		return c.state, nil
	}
	image := e.images[c.spec.Definition.Image]
	if err := fakeRefusal("CannotStartContainerError", image.StartError); err != nil {
		c.state.State, c.state.Error, c.state.ExitCode = structs.ContainerExited, image.StartError, 128
		return structs.ContainerState{}, err
	}
	c.state.State, c.state.StartedAt = structs.ContainerRunning, structs.TimeOf(r.now())
	for _, m := range c.spec.Definition.PortMappings {
		e.made++
		c.state.Bindings = append(c.state.Bindings, structs.NetworkBinding{
			BindIP: "0.0.0.0", ContainerPort: m.ContainerPort, HostPort: new(int32(32768 + e.made)), Protocol: "tcp",
		})
	}
	e.starts[c.state.Name]++
	e.tell(c, structs.RuntimeEvent{Started: true})
	if image.RunsFor > 0 {
		time.AfterFunc(image.RunsFor, func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.exit(c, image.ExitCode)
		})
	}
	return c.state, nil
}

// Inspect tells a container's state.
func (r *FakeRuntime) Inspect(ctx context.Context, id string) (state structs.ContainerState, ok bool, err error) {
	err = r.call(ctx, "Inspect "+r.name(id), nil, func() error {
		var c *fakeContainer
		if c, ok = r.engine.containers[id]; ok && r.owns(c) {
			state = c.state
		} else {
			ok = false
		}
		return nil
	})
	return state, ok, err
}

// Stop ends a container as its image says, and waits for that.
func (r *FakeRuntime) Stop(ctx context.Context, id string, timeout int) error {
	e := r.engine
	var c *fakeContainer
	err := r.call(ctx, "Stop "+r.name(id), nil, func() error {
		found := e.containers[id]
		if found == nil || !r.owns(found) || found.state.State != structs.ContainerRunning {
			return nil
		}
		c = found
		wait, code := e.images[c.spec.Definition.Image].StopAfter, int32(143)
		if limit := time.Duration(timeout) * time.Second; wait > limit {
			wait, code = limit, 137
		}
		time.AfterFunc(wait, func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.exit(c, code)
		})
		return nil
	})
	if err != nil || c == nil {
		return err
	}
	select {
	case <-c.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Remove removes a container, running or not.
func (r *FakeRuntime) Remove(ctx context.Context, id string) error {
	return r.call(ctx, "Remove "+r.name(id), nil, func() error {
		if c := r.engine.containers[id]; c != nil && r.owns(c) {
			r.engine.remove(c)
		}
		return nil
	})
}

func (r *FakeRuntime) owns(c *fakeContainer) bool {
	return c.state.Labels[structs.LabelInstance] == r.instance
}

func (r *FakeRuntime) name(id string) string {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	if c := r.engine.containers[id]; c != nil {
		return c.state.Name
	}
	return id
}

func fakeRefusal(name, text string) error {
	if text == "" {
		return nil
	}
	return &structs.RuntimeError{Name: name, Reason: text}
}
