package task

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gantry-project/gantry/agent/images"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// Config holds what the runners of one agent share.
type Config struct {
	Instance string // id of the container instance
	Engine   Engine
	Images   Images
	// Resources are the kinds of resources that tasks may need.
	Resources []Resource
	// Slots has a place for each runner that may create and start containers at a time.
	Slots chan struct{}
	// Report is called with everything known about a task whenever there is news. It must not wait.
	// The update does not change afterward.
	Report func(structs.TaskUpdate)
	Now    func() structs.Time
	Logger *slog.Logger
}

// Engine is what a task needs from a container engine.
type Engine interface{ runtime.Containers }

// Images make the images of tasks present.
type Images interface {
	// Pull makes an image present until it is released. It fails with a *runtime.Error
	// (CannotPullContainerError) if it cannot be had.
	Pull(ctx context.Context, want images.Want) (images.Held, error)
}

// Runner takes one task from the present state of its containers to its end. Run owns the
// containers, the resources, the steps in progress, the update and the fields below them.
// Republish and StoppedAt may be called once the task has ended, and the other methods at any time
// from any goroutine.
type Runner struct {
	cfg Config
	log *slog.Logger

	// ends when the task must stop: the server wants it to, or the agent is cut off
	asked context.Context
	stop  context.CancelFunc // ends asked
	poked chan struct{}      // capacity 1: there are events, or a list
	done  chan struct{}      // closed when the task is STOPPED
	// fenced means that the task must stop because the agent is cut off. It is set before asked
	// ends.
	fenced atomic.Bool
	once   bool // it must not run twice (structs.Assignment.Once)

	trying    context.Context    // ends when the task is given up, since the engine does not work
	endTrying context.CancelFunc // ends trying

	mu      sync.Mutex
	events  []runtime.Event          // of the task's containers, not looked at yet
	listed  []runtime.ContainerState // the task's, not compared yet; nil: no list came
	newer   *structs.Assignment      // not looked at yet; nil: none came
	begun   bool                     // a container may have started
	up      bool                     // all have
	leaving bool                     // they are being stopped
	gaveUp  string                   // why trying ended
	drain   drain

	as         structs.Assignment // does not change
	containers []container
	resources  []resource
	taken      []step          // in progress
	results    chan func()     // of steps that ended or make progress, for Run to call
	images     []images.Held   // kept present
	held       []runtime.Event // that may be about a container with a step in progress
	revived    map[string]bool // ids of containers that somebody started after their end: whether they run
	// what is known; reported parts are never changed in place
	update  structs.TaskUpdate
	sent    structs.TaskUpdate // as the server has it, or will
	hasSlot bool
	ending  bool // the end began, and update has the reason unless the server knows better
}

// New returns the runner of a task that the agent did not know, from the server's record and the
// engine's containers of it. killed means that its containers were killed because the agent was cut
// off.
func New(cfg Config, as structs.Assignment, found []runtime.ContainerState, killed bool) *Runner {
	task := as.Task
	known := structs.TaskUpdate{
		Task: task.ID, Status: task.LastStatus, Containers: task.Containers,
		PullStartedAt: task.PullStartedAt, PullStoppedAt: task.PullStoppedAt, StartedAt: task.StartedAt,
		ExecutionStoppedAt: task.ExecutionStoppedAt,
	}
	asked := task.LastStatus >= structs.TaskDeactivating || killed
	r := &Runner{
		cfg: cfg, log: cfg.Logger.With("task", task.ID),
		poked:      make(chan struct{}, 1),
		done:       make(chan struct{}),
		results:    make(chan func()),
		revived:    map[string]bool{},
		once:       as.Once,
		up:         task.LastStatus >= structs.TaskRunning,
		as:         as,
		containers: adopt(containerSpecs(cfg.Instance, as), task, found, asked),
		update:     known,
		sent:       known,
	}
	r.drain.note(as)
	r.resources = resourcesOf(cfg.Resources, as, r.containers)
	r.asked, r.stop = context.WithCancel(context.Background())
	r.trying, r.endTrying = context.WithCancel(context.Background())
	r.begun = task.LastStatus >= structs.TaskActivating ||
		slices.ContainsFunc(r.containers, func(c container) bool { return c.phase >= phaseCreated })
	if len(found) > 0 {
		r.Poke(runtime.Event{}) // events between the list and now reached nobody
	}
	return r
}

// Stop makes the task stop.
func (r *Runner) Stop() { r.stop() }

// Fence makes the task and its containers stop without delay because the agent is cut off. A task
// that was already asked to stop continues as before, but waits for no more requests.
func (r *Runner) Fence() {
	r.EndDrain()
	if r.asked.Err() == nil {
		r.fenced.Store(true)
		r.stop()
	}
}

// Poke reports that a container of the task changed or, with an event without a container, that any
// may have.
func (r *Runner) Poke(event runtime.Event) {
	r.mu.Lock()
	r.events = append(r.events, event)
	r.mu.Unlock()
	wait.Nudge(r.poked)
}

// Assign tells the runner about a newer assignment of its task, whose files may have changed, or
// whose requests may have ended. It comes before Stop.
func (r *Runner) Assign(as structs.Assignment) {
	r.mu.Lock()
	r.newer = &as
	r.drain.note(as)
	r.mu.Unlock()
	wait.Nudge(r.poked)
}

// Compare makes the runner look again at each container that differs in the engine's list from what
// was last seen of it: an event may have been lost.
func (r *Runner) Compare(list []runtime.ContainerState) {
	r.mu.Lock()
	r.listed = append([]runtime.ContainerState{}, list...)
	r.mu.Unlock()
	wait.Nudge(r.poked)
}

func (r *Runner) takeNews() (events []runtime.Event, listed []runtime.ContainerState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events, listed = r.events, r.listed
	r.events, r.listed = nil, nil
	return events, listed
}

// takeNewer returns the newest assignment that came since it was called last, or nil.
func (r *Runner) takeNewer() *structs.Assignment {
	r.mu.Lock()
	defer r.mu.Unlock()
	newer := r.newer
	r.newer = nil
	return newer
}

// Ended reports whether the task is STOPPED: nothing of the runner changes any more.
func (r *Runner) Ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// StoppedAt returns when the task was STOPPED.
func (r *Runner) StoppedAt() structs.Time { return r.update.StoppedAt }

// Republish reports an ended task again, for a server whose record does not have it ended.
func (r *Runner) Republish() { r.cfg.Report(r.update) }

// StartedAgain reports whether, according to events after the end of a container of an ended task,
// somebody started it again and it has not ended. Call it once, after Run has returned.
func (r *Runner) StartedAgain() bool {
	if !r.Ended() {
		return false
	}
	events, _ := r.takeNews()
	for _, e := range events {
		r.noteRevival(e)
	}
	return slices.Contains(slices.Collect(maps.Values(r.revived)), true)
}

// noteRevival records an event after the end of a container.
func (r *Runner) noteRevival(e runtime.Event) {
	r.revived[e.ID] = (r.revived[e.ID] || e.Started) && !e.Ended
}
