package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gantry-project/gantry/agent/exec"
	"github.com/gantry-project/gantry/agent/images"
	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/agent/loggroups"
	"github.com/gantry-project/gantry/agent/logs"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/secrets"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// Agent runs the tasks of one container instance. Make it with New and run it once with Run.
type Agent struct {
	cfg      Config
	log      *slog.Logger
	slots    chan struct{} // capacity StartConcurrency
	engine   *engineHealth
	sweepNow chan struct{}  // capacity 1
	link     *link.Link     // nil before Run
	images   *images.Images // nil before Run
	exec     *exec.Sessions // nil before Run
	logs     *logs.Logs     // nil before Run, and if no output is kept
	network  Network        // nil: awsvpc tasks are not run here
	ingress  *ingress       // nil: no listeners of load balancers are opened here
	// networkProblem is why network is nil, for people; empty if nobody asked for one
	networkProblem string
	tasks          task.Config    // of the runners; empty before Run
	work           sync.WaitGroup // every goroutine of Run

	mu       sync.Mutex
	instance string        // empty until registered
	runtime  *timedRuntime // the instance's; nil before Run
	ready    bool          // the first full frame is applied
	runners  map[string]*task.Runner
	orphans  map[string]bool // ids of containers that belong to none of our tasks and are being ended
	// tasks without a runner whose containers were killed because the agent was cut off
	killed map[string]bool
}

// New returns an agent. It does nothing until Run.
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
	if cfg.Ingress != nil {
		a.ingress = newIngress(a)
		a.cfg.Traffic = append(slices.Clone(cfg.Traffic), a.ingress)
	}
	return a, nil
}

// Run registers the instance and runs its tasks until ctx ends. It fails if there is no container
// engine, if the agent's state on disk is damaged, or if the server refuses the instance. It waits
// for servers that cannot be reached. When it returns, everything that it started has ended except
// the containers, which the next agent on the same data directory adopts.
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
	a.beginTraffic(ctx)
	if a.logs != nil {
		if err := a.ship(ctx); err != nil {
			return err
		}
		a.logs.Start(ctx)
		defer a.logs.Wait()
		a.work.Go(func() { a.logs.KeepGroups(ctx, a.link.LogGroupBegins) })
	}
	a.work.Go(func() { a.watch(ctx) })
	a.work.Go(func() { a.probe(ctx) })
	a.work.Go(func() { a.sweeper(ctx) })
	a.work.Go(func() { a.images.Clean(ctx) })
	a.work.Go(func() { a.exec.Run(ctx) })
	a.work.Go(func() { a.act(ctx) })
	for _, r := range a.tasks.Resources {
		if lasting, ok := r.(task.Lasting); ok {
			a.work.Go(func() { lasting.Run(ctx) })
		}
	}
	if a.network != nil {
		a.work.Go(func() { a.tellNetwork(ctx) })
	}
	a.link.Run(ctx)
	return nil
}

// begin finds out which instance this is, and registers it. It starts the guard before that, for
// containers that an earlier process left: it may take long to reach a server.
func (a *Agent) begin(ctx context.Context) error {
	instance, err := link.Identity(a.cfg.DataDir, a.cfg.Cluster)
	if err != nil {
		return err
	}
	a.open(instance)
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

// open makes the parts of the agent that belong to its instance.
func (a *Agent) open(instance string) {
	a.log = a.log.With("instance", instance)
	engine := a.cfg.Runtime(instance)
	if a.cfg.Logs != nil {
		a.logs = logs.Open(filepath.Join(a.cfg.DataDir, "agent", "logs"), instance, *a.cfg.Logs, a.log)
		engine = a.logs.Over(engine)
	}
	a.mu.Lock()
	a.runtime = &timedRuntime{engine, &engineCalls{since: map[int]engineCall{}}}
	a.mu.Unlock()
	a.exec = exec.New(exec.Config{Instance: instance, Engine: a.runtime, Logger: a.log})
	a.link = link.New(link.Config{
		Server: a.cfg.Server, Instance: instance, Fenced: a.cfg.StopOnDisconnect, Logger: a.log,
		Handler: a.calls(instance), Traffic: a.trafficFan(),
	})
	a.images = images.New(a.cfg.Images, images.Parts{
		Engine: a.runtime, Info: a.runtime.Info, Pin: a.link.PinImages, Secrets: a.link.TaskSecrets,
		Logger: a.log,
		Record: filepath.Join(a.cfg.DataDir, "agent", "images.json"),
	})
	var resources []task.Resource
	if a.cfg.Resources != nil {
		resources = a.cfg.Resources(a.cfg, instance)
	}
	resources = append(resources, &loggroups.Groups{Ensure: a.link.EnsureLogGroups})
	if a.openNetwork(instance); a.network != nil {
		resources = append(resources, a.network)
	}
	resources = append(resources, secrets.New(a.link.TaskSecrets))
	a.tasks = task.Config{
		Instance: instance, Engine: a.runtime, Images: a.images, Resources: resources, Slots: a.slots,
		Report: a.report, Now: a.now, Logger: a.log,
	}
}

// register registers this machine with the servers. It fails if no engine answers or a server
// refuses the registration.
func (a *Agent) register(ctx context.Context, instance string) error {
	info, err := a.runtime.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask the container engine about this machine: %w", err)
	}
	if !info.Quota {
		a.log.Info("the container engine cannot limit the ephemeralStorage of tasks", "attribute", structs.AttributeStorage)
	}
	in := containerInstance(a.cfg, instance, info)
	in.Network = a.offer(ctx)
	in.Attributes = a.withOffered(ctx, in.Attributes)
	return a.link.Register(ctx, in)
}

// Instance returns the id of this container instance, or "" until it is registered.
func (a *Agent) Instance() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.instance
}

// Ready reports whether the instance is registered and knows all its tasks.
func (a *Agent) Ready() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ready
}

// watch pokes the runners of changed containers, until ctx ends.
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

// tell passes an event to its runner. A container that is created or started without a task, or for
// one that has ended, is left to the sweeper: a person did it, or a late engine. Without a nudge it
// would keep its ports until the next regular sweep.
func (a *Agent) tell(r *task.Runner, event runtime.Event) {
	switch {
	case r == nil, r.Ended() && (event.Created || event.Started):
		wait.Nudge(a.sweepNow)
	case !event.Created: // the runner knows, because it had it created
		r.Poke(event)
	}
}

// stopAllTimeout is the number of seconds between SIGTERM and SIGKILL in StopAll. It is Docker's
// own default, because a person waits for it.
const stopAllTimeout = 10

// Remove stops and removes everything of the instance that a data directory belongs to, which no
// agent runs for any more.
func Remove(ctx context.Context, cfg Config) error {
	a, err := New(cfg)
	if err != nil {
		return err
	}
	instance, err := link.Identity(a.cfg.DataDir, a.cfg.Cluster)
	if err != nil {
		return err
	}
	a.open(instance)
	return a.StopAll(ctx)
}

// StopAll stops and removes every container of the instance, and what else its tasks had. Call it
// after Run has returned.
func (a *Agent) StopAll(ctx context.Context) error {
	a.mu.Lock()
	rt := a.runtime
	a.mu.Unlock()
	if rt == nil {
		return nil
	}
	list, err := rt.ListContainers(ctx)
	if err != nil {
		return fmt.Errorf("list the instance's containers: %w", err)
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
	for _, r := range a.tasks.Resources {
		errs = append(errs, r.Sweep(ctx, func(string) bool { return false }))
		if lasting, ok := r.(task.Lasting); ok {
			errs = append(errs, lasting.RemoveAll(ctx))
		}
	}
	return errors.Join(errs...)
}

// endContainer stops a running container and removes it.
func endContainer(ctx context.Context, rt runtime.Runtime, c runtime.ContainerState, timeout int) error {
	if c.State == runtime.ContainerRunning {
		if err := rt.StopContainer(ctx, c.ID, timeout); err != nil {
			return fmt.Errorf("stop container %s: %w", c.Name, err)
		}
	}
	if err := rt.RemoveContainer(ctx, c.ID); err != nil {
		return fmt.Errorf("remove container %s: %w", c.Name, err)
	}
	return nil
}

func (a *Agent) now() structs.Time { return structs.TimeOf(a.cfg.Now()) }
