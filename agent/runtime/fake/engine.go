// Package fake is a container engine in memory. The agent's tests run on it, with the faults that
// testutil adds, and so do the machines of gantry-sim. It works inside testing/synctest.
package fake

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Config describes an Engine. The zero value is an engine on a small machine whose containers run
// until they are stopped.
type Config struct {
	Info runtime.Info // of its machine; zero: one of 4 cores and 8 GiB
	// Image returns how containers of an image behave. It is called for every pull, create and
	// start. Nil means like the zero Image.
	Image func(name string) Image
	// Call, if not nil, handles a call instead of Call.Make. It may let time pass, lose the answer
	// or skip the effect.
	Call func(ctx context.Context, c Call) error
	// Started and Ended, if not nil, are called for each container that starts or ends. They must
	// not call the engine.
	Started, Ended func(runtime.ContainerState)
	// Exec starts a command in a container; nil: none can be started.
	Exec func(runtime.ContainerState, runtime.ExecSpec) (runtime.Exec, error)
}

// Image is how containers of an image behave. The zero value can be pulled, runs until it is
// stopped, and ends at once on SIGTERM.
type Image struct {
	PullDelay   time.Duration
	CreateDelay time.Duration
	StartDelay  time.Duration

	PullError   string // each makes its call fail with ECS's name for the error and this text
	CreateError string
	StartError  string

	RunsFor  time.Duration // after each start; zero: until it is stopped
	ExitCode int32         // after RunsFor
	// HealthyAfter is the time from each start until a health check that the container's definition
	// has succeeds. Zero: SetHealth decides.
	HealthyAfter time.Duration
	// StopAfter is the time from SIGTERM to its end with code 143. If it is longer than the
	// timeout, SIGKILL ends the container with code 137.
	StopAfter time.Duration

	Digest string // of its manifest; empty: no registry has it
}

// Call is one call of a Runtime.
type Call struct {
	Instance string // whose Runtime was called
	// Name is the method without its noun, and what it is about: "Create
	// gantry-web-1-app-0123456789ab", "Pull nginx", "Containers". NamePing and NameEvents are two
	// of them.
	Name   string
	Delay  time.Duration // that the effect takes
	Effect func() error  // takes no time; fails if the engine is away
}

// The calls that an agent makes all the time.
const (
	NamePing   = "Ping"
	NameEvents = "Events" // before events are delivered; it has no effect
)

// Make waits for the delay, then has the effect.
func (c Call) Make(ctx context.Context) error {
	if c.Delay > 0 {
		timer := time.NewTimer(c.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return c.Effect()
}

// Engine is a container engine in memory. Like a real one it outlives the agents that use it, and
// several can share it. Its methods make things happen to it and its containers behind the agents'
// backs; Runtime returns what an agent uses.
type Engine struct {
	cfg Config

	mu         sync.Mutex
	containers map[string]*container // by id
	volumes    map[string]runtime.VolumeSpec
	away       bool
	mute       bool // no event is told
	made       int  // ids and host ports so far
	watchers   map[*watcher]bool
}

type container struct {
	state runtime.ContainerState
	spec  runtime.ContainerSpec
	ended chan struct{} // closed when it ended or was removed
	now   func() time.Time
}

// New returns an engine without containers.
func New(cfg Config) *Engine {
	if cfg.Info.CPUs == 0 {
		cfg.Info = runtime.Info{
			Version: "20.10.24", Hostname: "fake", CPUs: 4, Memory: 8192, OSType: "linux", Architecture: "x86_64",
			LogDrivers: []string{"awslogs", "json-file"},
		}
	}
	if cfg.Image == nil {
		cfg.Image = func(string) Image { return Image{} }
	}
	if cfg.Call == nil {
		cfg.Call = func(ctx context.Context, c Call) error { return c.Make(ctx) }
	}
	for _, told := range []*func(runtime.ContainerState){&cfg.Started, &cfg.Ended} {
		if *told == nil {
			*told = func(runtime.ContainerState) {}
		}
	}
	return &Engine{cfg: cfg, containers: map[string]*container{}, volumes: map[string]runtime.VolumeSpec{}, watchers: map[*watcher]bool{}}
}

// Runtime returns the engine as seen by the agent of an instance.
func (e *Engine) Runtime(instance string) *Runtime { return e.RuntimeAt(instance, time.Now) }

// RuntimeAt is like Runtime, on a machine with its own clock.
func (e *Engine) RuntimeAt(instance string, now func() time.Time) *Runtime {
	return &Runtime{engine: e, instance: instance, now: now}
}

// All lists the containers of all instances by name.
func (e *Engine) All() []runtime.ContainerState {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []runtime.ContainerState
	for _, c := range e.containers {
		list = append(list, c.state)
	}
	slices.SortFunc(list, func(a, b runtime.ContainerState) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// find returns a container by name or id. The lock must be held, as for those below.
func (e *Engine) find(nameOrID string) *container {
	for id, c := range e.containers {
		if id == nameOrID || c.state.Name == nameOrID {
			return c
		}
	}
	panic("the fake engine has no container " + nameOrID)
}

func (e *Engine) run(c *container) {
	c.state.State, c.state.StartedAt, c.state.FinishedAt = runtime.ContainerRunning, structs.TimeOf(c.now()), 0
	c.ended = make(chan struct{})
	if c.spec.Definition.HealthCheck != nil {
		c.state.Health = structs.HealthUnknown
	}
	e.cfg.Started(c.state)
	e.tell(c, runtime.Event{Started: true})
}

// behave has a container that was just started behave like its image.
func (e *Engine) behave(c *container, image Image) {
	if image.RunsFor > 0 {
		e.exitAfter(c, image.RunsFor, image.ExitCode)
	}
	if image.HealthyAfter > 0 && c.spec.Definition.HealthCheck != nil {
		e.after(c, image.HealthyAfter, func() {
			c.state.Health = structs.Healthy
			e.tell(c, runtime.Event{})
		})
	}
}

func (e *Engine) exitAfter(c *container, d time.Duration, code int32) {
	e.after(c, d, func() { e.exit(c, code) })
}

// after calls f unless the container has ended by then.
func (e *Engine) after(c *container, d time.Duration, f func()) {
	ended := c.ended
	time.AfterFunc(d, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		select {
		case <-ended:
		default:
			f()
		}
	})
}

func (e *Engine) exit(c *container, code int32) {
	if c.state.State != runtime.ContainerRunning {
		return
	}
	c.state.State, c.state.ExitCode, c.state.FinishedAt = runtime.ContainerExited, code, structs.TimeOf(c.now())
	c.state.Bindings = nil // as Docker's
	close(c.ended)
	e.cfg.Ended(c.state)
	e.tell(c, runtime.Event{})
}

func (e *Engine) remove(c *container) {
	e.exit(c, exitKilled)
	delete(e.containers, c.state.ID)
	e.tell(c, runtime.Event{})
}

var errAway = errors.New("cannot connect to the fake container engine")

// call makes one call of an instance's Runtime.
func (r *Runtime) call(ctx context.Context, name string, delay time.Duration, effect func() error) error {
	return r.engine.cfg.Call(ctx, Call{Instance: r.instance, Name: name, Delay: delay, Effect: func() error {
		r.engine.mu.Lock()
		defer r.engine.mu.Unlock()
		if r.engine.away {
			return errAway
		}
		return effect()
	}})
}
