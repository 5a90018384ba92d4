package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// Agent runs the tasks of one container instance. Make it with New, run it once with Run.
type Agent struct {
	cfg      Config
	log      *slog.Logger
	slots    chan struct{} // capacity StartConcurrency
	engine   *engineHealth
	sweepNow chan struct{}  // capacity 1
	link     *link.Link     // nil before Run
	tasks    task.Config    // of the runners; empty before Run
	work     sync.WaitGroup // every goroutine of Run

	mu       sync.Mutex
	instance string        // empty until registered
	runtime  *timedRuntime // the instance's; nil before Run
	ready    bool          // the first full frame is applied
	runners  map[string]*task.Runner
	orphans  map[string]bool // containers of no task of ours, by id, that are being ended
	// tasks without a runner whose containers were killed, since the agent was cut off
	killed map[string]bool
}

// New makes an agent. It does nothing until Run.
func New(cfg Config) (*Agent, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Agent{
		cfg:      cfg,
		log:      cfg.Logger.With("cluster", cfg.Cluster),
		slots:    make(chan struct{}, cfg.StartConcurrency),
		engine:   newEngineHealth(),
		sweepNow: make(chan struct{}, 1),
		runners:  map[string]*task.Runner{},
		orphans:  map[string]bool{},
		killed:   map[string]bool{},
	}
	return a, nil
}

// Run registers the instance and runs its tasks until ctx ends. It fails when there is no container
// engine, when the agent's state on disk is damaged, and when the server refuses the instance; a
// server that is away is waited for. When it returns, all that it started has ended, but for the
// containers: the next agent on the same data directory adopts them.
func (a *Agent) Run(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	defer a.work.Wait()
	defer end()
	if err := a.begin(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	a.work.Go(func() { a.watch(ctx) })
	a.work.Go(func() { a.probe(ctx) })
	a.work.Go(func() { a.sweeper(ctx) })
	a.work.Go(func() { a.act(ctx) })
	a.link.Run(ctx)
	return nil
}

// begin finds out which instance this is, and registers it. What an earlier process left of it is
// guarded from here on: servers may be away for long.
func (a *Agent) begin(ctx context.Context) error {
	instance, err := link.Identity(a.cfg.DataDir, a.cfg.Cluster)
	if err != nil {
		return err
	}
	a.log = a.log.With("instance", instance)
	a.link = link.New(link.Config{Server: a.cfg.Server, Instance: instance, Fenced: a.cfg.StopOnDisconnect, Logger: a.log})
	a.mu.Lock()
	a.runtime = &timedRuntime{a.cfg.Runtime(instance), &engineCalls{since: map[int]engineCall{}}}
	a.mu.Unlock()
	a.tasks = task.Config{
		Instance: instance, Engine: a.runtime, Slots: a.slots, Report: a.link.Report, Now: a.now, Logger: a.log,
	}
	if a.cfg.StopOnDisconnect {
		a.work.Go(func() { a.guard(ctx) })
	}
	if a.cfg.Join != nil {
		if err := a.cfg.Join(ctx); err != nil {
			return err
		}
	}
	if err := a.register(ctx, instance); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.instance = instance
	return nil
}

// register tells the servers of this machine. It fails when no engine answers or a server refuses
// the registration.
func (a *Agent) register(ctx context.Context, instance string) error {
	info, err := a.runtime.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask the container engine about this machine: %w", err)
	}
	return a.link.Register(ctx, containerInstance(a.cfg, instance, info))
}

// Instance is the id of this container instance; empty until it is registered.
func (a *Agent) Instance() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.instance
}

// Ready says whether the instance is registered and knows all its tasks.
func (a *Agent) Ready() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ready
}

// watch pokes the runners whose containers changed, until ctx ends.
func (a *Agent) watch(ctx context.Context) {
	for event := range a.runtime.Events(ctx) {
		a.mu.Lock()
		if event.ID == "" {
			for _, r := range a.runners {
				r.Poke(event)
			}
			wait.Nudge(a.sweepNow)
		} else {
			a.tell(a.runners[event.Task], event)
		}
		a.mu.Unlock()
	}
}

// tell tells a runner of an event. A container that is made or started of no task, or of one that
// has ended, is the sweeper's: by a person, or by an engine that comes to it late. It would hold
// its ports until the next sweep by the clock.
func (a *Agent) tell(r *task.Runner, event runtime.Event) {
	switch {
	case r == nil, r.Ended() && (event.Created || event.Started):
		wait.Nudge(a.sweepNow)
	case !event.Created: // whoever had it made knows
		r.Poke(event)
	}
}

// stopAllTimeout is the seconds that StopAll leaves a container between SIGTERM and SIGKILL:
// Docker's own default, as a person waits for it.
const stopAllTimeout = 10

// StopAll stops and removes every container of the instance. Call it after Run has returned.
func (a *Agent) StopAll(ctx context.Context) error {
	a.mu.Lock()
	rt := a.runtime
	a.mu.Unlock()
	if rt == nil {
		return nil
	}
	list, err := rt.ListContainers(ctx)
	if err != nil {
		return fmt.Errorf("listing the instance's containers: %w", err)
	}
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	for i, c := range list {
		wg.Go(func() {
			a.slots <- struct{}{}
			defer func() { <-a.slots }()
			errs[i] = endContainer(ctx, rt, c, stopAllTimeout)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// endContainer stops a container that runs, and removes it.
func endContainer(ctx context.Context, rt runtime.Runtime, c runtime.ContainerState, timeout int) error {
	if c.State == runtime.ContainerRunning {
		if err := rt.StopContainer(ctx, c.ID, timeout); err != nil {
			return fmt.Errorf("stopping container %s: %w", c.Name, err)
		}
	}
	if err := rt.RemoveContainer(ctx, c.ID); err != nil {
		return fmt.Errorf("removing container %s: %w", c.Name, err)
	}
	return nil
}

func (a *Agent) now() structs.Time { return structs.TimeOf(a.cfg.Now()) }
