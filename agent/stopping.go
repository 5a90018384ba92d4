package agent

import (
	"context"
	"sync"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// defaultStopTimeout is the seconds between SIGTERM and SIGKILL where a container definition gives
// none (ECS's default).
const defaultStopTimeout = 30

// stopContainers ends every container that runs or may run, all at the same time.
func (r *runner) stopContainers(ctx context.Context) {
	r.goDown()
	r.beginEnd()
	r.report(structs.TaskDeactivating)
	r.report(structs.TaskStopping)
	var wg sync.WaitGroup
	for i := range r.parts {
		if r.parts[i].mayRun() {
			wg.Go(func() { r.stopOne(ctx, &r.parts[i]) })
		}
	}
	wg.Wait()
	if ctx.Err() == nil {
		r.report(structs.TaskDeprovisioning)
	}
}

// stopOne ends a container, and removes it if it never started or if nothing else ends it.
func (r *runner) stopOne(ctx context.Context, p *part) {
	p.asked = r.fenced.Load() // it is killed at this moment
	r.inspect(ctx, p)         // it may have started unseen, or ended before it was asked to
	if p.phase == phaseRunning {
		p.asked = true
		err := askEngine(ctx, r.log, func() error { return r.rt.StopContainer(ctx, p.seen.RuntimeID, r.stopTimeout(p.spec)) })
		if err != nil && ctx.Err() == nil {
			r.log.Warn("cannot stop the container", "container", p.seen.Name, "error", err)
		}
		r.inspect(ctx, p)
	}
	if !p.mayRun() || ctx.Err() != nil {
		return
	}
	err := askEngine(ctx, r.log, func() error { return r.rt.RemoveContainer(ctx, p.seen.RuntimeID) })
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		r.log.Warn("cannot remove the container", "container", p.seen.Name, "error", err)
	}
	p.end("")
}

func (r *runner) stopTimeout(spec runtime.ContainerSpec) int {
	if r.fenced.Load() {
		return 0
	}
	if t := spec.Definition.StopTimeout; t != nil {
		return int(*t)
	}
	return defaultStopTimeout
}

// inspect looks at a container again. One that is gone has ended, whoever removed it.
func (r *runner) inspect(ctx context.Context, p *part) {
	var state runtime.ContainerState
	var there bool
	err := askEngine(ctx, r.log, func() (err error) {
		state, there, err = r.rt.InspectContainer(ctx, p.seen.RuntimeID)
		return err
	})
	switch {
	case err != nil:
	case there:
		p.see(state)
	default:
		p.end(reasonRemoved)
	}
}

// beginEnd notes why the task ends, once. The server knows already why it wants a task stopped.
func (r *runner) beginEnd() {
	fenced := r.fenced.Load()
	if r.ending || r.asked.Err() != nil && !fenced {
		return
	}
	r.ending = true
	if r.update.StopCode, r.update.StoppedReason = verdict(r.parts); fenced {
		r.update.StopCode, r.update.StoppedReason = structs.StopInstanceLost, structs.ReasonCutOff
	}
	r.update.StoppingAt = r.now()
}

// finish reports the task STOPPED. A container that was never made counts as stopped too.
func (r *runner) finish() {
	r.beginEnd()
	var last structs.Time
	for i := range r.parts {
		p := &r.parts[i]
		if p.phase != phaseEnded {
			p.end("")
		}
		last = max(last, p.endedAt)
	}
	r.update.StoppedAt = r.now()
	if last == 0 && r.update.StartedAt != 0 {
		last = r.update.StoppedAt // its containers were removed: nobody knows better
	}
	if r.update.ExecutionStoppedAt == 0 {
		r.update.ExecutionStoppedAt = last
	}
	r.report(structs.TaskStopped)
	r.stop() // frees the context, as does the next; asking an ended task to stop changes nothing
	r.exhaust()
	close(r.done)
}
