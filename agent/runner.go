package agent

import (
	"context"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// runner takes one task from where its containers are to its end, one step after the other. run
// owns parts, update and the fields below them; stop, poke, compare and ended are for everyone,
// republish for after the end.
type runner struct {
	task string
	rt   runtime.Runtime
	// the agent's; to hold a place in it is to be among those that may create and start
	slots   chan struct{}
	publish func(structs.TaskUpdate)
	now     func() structs.Time
	log     *slog.Logger

	asked context.Context    // ends when the server wants the task stopped, or the agent is cut off
	stop  context.CancelFunc // ends asked
	poked chan struct{}      // capacity 1: there are events, or a list
	done  chan struct{}      // closed when the task is STOPPED
	// fenced: the agent is cut off, and nobody asked for the end. Set before asked ends.
	fenced atomic.Bool
	once   bool // it must not run twice (structs.Assignment.Once)

	patience context.Context    // ends when the task is given up, since the engine does not work
	exhaust  context.CancelFunc // ends patience

	mu      sync.Mutex
	events  []runtime.Event          // of the task's containers, not looked at yet
	listed  []runtime.ContainerState // the task's, not compared yet; nil: no list came
	begun   bool                     // a container may have started
	up      bool                     // all have
	leaving bool                     // they are being stopped
	gaveUp  string                   // why patience ended

	parts []part
	// grows as things are seen; what was published of it is never changed in place
	update  structs.TaskUpdate
	sent    structs.TaskUpdate // as the server has it, or will
	hasSlot bool
	ending  bool // the end began, and update says why unless the server knows better
}

// newRunner makes the runner of a task that the agent did not know, from the server's record and
// what the runtime has of it.
func (a *Agent) newRunner(as structs.Assignment, found []runtime.ContainerState) *runner {
	task := as.Task
	known := structs.TaskUpdate{
		Task: task.ID, Status: task.LastStatus, Containers: task.Containers,
		PullStartedAt: task.PullStartedAt, PullStoppedAt: task.PullStoppedAt, StartedAt: task.StartedAt,
		ExecutionStoppedAt: task.ExecutionStoppedAt,
	}
	asked := task.LastStatus >= structs.TaskDeactivating || a.killed[task.ID]
	r := &runner{
		task: task.ID, rt: a.runtime, slots: a.slots, publish: a.reporter.publish, now: a.now,
		log:    a.log.With("task", task.ID),
		poked:  make(chan struct{}, 1),
		done:   make(chan struct{}),
		parts:  adopt(containerSpecs(a.instance, as), task, found, asked),
		update: known,
		sent:   known,
	}
	r.asked, r.stop = context.WithCancel(context.Background())
	r.patience, r.exhaust = context.WithCancel(context.Background())
	r.once, r.up = as.Once, task.LastStatus >= structs.TaskRunning
	r.begun = task.LastStatus >= structs.TaskActivating || slices.ContainsFunc(r.parts, func(p part) bool { return p.phase >= phaseCreated })
	if len(found) > 0 {
		r.poke(runtime.Event{}) // what happened between the listing and now went to nobody
	}
	return r
}

// poke says that a container of the task changed, or, with an event of no container, that any may
// have.
func (r *runner) poke(event runtime.Event) {
	r.mu.Lock()
	r.events = append(r.events, event)
	r.mu.Unlock()
	nudge(r.poked)
}

// compare has the runner look again at each container that the runtime's list of the task's shows
// otherwise than it was last seen: an event may have been lost.
func (r *runner) compare(list []runtime.ContainerState) {
	r.mu.Lock()
	r.listed = append([]runtime.ContainerState{}, list...)
	r.mu.Unlock()
	nudge(r.poked)
}

func (r *runner) takeNews() (events []runtime.Event, listed []runtime.ContainerState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events, listed = r.events, r.listed
	r.events, r.listed = nil, nil
	return events, listed
}

// startedAgain reports whether a container was started that has not ended since, as far as events
// tell that nobody has looked at: the task has ended, so nobody will.
func (r *runner) startedAgain() bool {
	running := map[string]bool{}
	events, _ := r.takeNews()
	for _, e := range events {
		running[e.ID] = (running[e.ID] || e.Started) && !e.Ended
	}
	return r.ended() && slices.Contains(slices.Collect(maps.Values(running)), true)
}

// fence ends the task since the agent is cut off, its containers without delay. A task that is on
// its way out goes on so.
func (r *runner) fence() {
	if r.asked.Err() == nil {
		r.fenced.Store(true)
		r.stop()
	}
}

// ended says whether the task is STOPPED: nothing of the runner changes any more.
func (r *runner) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// run returns when the task has ended, or when ctx ends; the task's containers then run on.
func (r *runner) run(ctx context.Context) {
	defer r.giveSlot()
	calling, end := context.WithCancel(ctx) // ends too when the task is given up
	defer end()
	defer context.AfterFunc(r.patience, end)()
	preparing, cancel := context.WithCancel(calling) // ends too when the task is asked to stop
	defer cancel()
	defer context.AfterFunc(r.asked, cancel)()
	for ctx.Err() == nil {
		if r.patience.Err() != nil {
			r.abandon()
			return
		}
		next := decide(r.asked.Err() != nil, r.parts)
		if next != stepCreate && next != stepStart {
			r.giveSlot()
		}
		switch next {
		case stepPull:
			r.pull(preparing)
		case stepCreate:
			r.create(calling, preparing)
		case stepStart:
			r.start(calling, preparing)
		case stepWait:
			if r.comeUp() {
				r.report(structs.TaskRunning)
				r.wait(calling)
			}
		case stepStop:
			r.stopContainers(calling)
		case stepFinish:
			r.finish()
			return
		}
	}
}

// report publishes what is known if that is news. The status only grows.
func (r *runner) report(status structs.TaskStatus) {
	r.update.Status = max(r.update.Status, status)
	r.update.Containers = make([]structs.Container, len(r.parts))
	for i, p := range r.parts {
		r.update.Containers[i] = p.seen
	}
	if r.update.StartedAt == 0 {
		r.update.StartedAt = startedAt(r.parts)
	}
	if reflect.DeepEqual(r.update, r.sent) {
		return
	}
	if r.update.Status != r.sent.Status {
		r.log.Info("task is "+r.update.Status.String(), "stopCode", r.update.StopCode, "reason", r.update.StoppedReason)
	}
	r.sent = r.update
	r.publish(r.update)
}

// republish reports an ended task again, to a server that has it not ended in its record.
func (r *runner) republish() { r.publish(r.update) }

// startedAt is when the last container of a task started; zero while one has not.
func startedAt(parts []part) structs.Time {
	var last structs.Time
	for _, p := range parts {
		if p.startedAt == 0 && (p.essential || !p.failed) {
			return 0
		}
		last = max(last, p.startedAt)
	}
	return last
}

func (r *runner) wait(ctx context.Context) {
	select {
	case <-r.poked:
		events, listed := r.takeNews()
		for _, event := range events {
			r.look(ctx, event)
		}
		for i := range r.parts {
			if p := &r.parts[i]; listed != nil && p.mayRun() && !p.isAs(listed) {
				r.inspect(ctx, p)
			}
		}
	case <-r.asked.Done():
	case <-ctx.Done():
	}
}

// look brings the parts that an event is about up to date.
func (r *runner) look(ctx context.Context, event runtime.Event) {
	for i := range r.parts {
		p := &r.parts[i]
		switch {
		case !p.mayRun() || event.ID != "" && event.ID != p.seen.RuntimeID:
		case event.Ended && p.phase == phaseRunning:
			p.seeEnd(event)
		default:
			r.inspect(ctx, p)
		}
	}
}

// takeSlot waits for a place among those that may create and start; false when ctx ended first.
func (r *runner) takeSlot(ctx context.Context) bool {
	if r.hasSlot {
		return true
	}
	select {
	case r.slots <- struct{}{}:
		r.hasSlot = true
	case <-ctx.Done():
	}
	return r.hasSlot
}

func (r *runner) giveSlot() {
	if r.hasSlot {
		<-r.slots
		r.hasSlot = false
	}
}
