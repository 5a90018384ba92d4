package task

import (
	"cmp"
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// take begins steps. Each has a goroutine, and its result is applied by Run.
func (r *Runner) take(calling, preparing context.Context, steps []step) {
	for _, s := range steps {
		r.announce(s)
		r.taken = append(r.taken, s)
		work := r.work(calling, preparing, s)
		hasSlot := r.hasSlot
		go func() {
			result := func() {}
			gotSlot := s.needsSlot() && (hasSlot || r.takeSlot(preparing))
			if gotSlot || !s.needsSlot() {
				result = work()
			}
			r.results <- func() {
				r.taken = slices.DeleteFunc(r.taken, func(t step) bool { return t == s })
				r.hasSlot = r.hasSlot || gotSlot
				result()
				if s.kind == pullImage && !slices.ContainsFunc(r.taken, isPull) && r.asked.Err() == nil && calling.Err() == nil {
					r.update.PullStoppedAt = cmp.Or(r.update.PullStoppedAt, r.cfg.Now())
				}
			}
		}()
	}
}

func isPull(s step) bool { return s.kind == pullImage }

// settle waits for the steps in progress. They end because their contexts have ended.
func (r *Runner) settle() {
	for len(r.taken) > 0 {
		(<-r.results)()
	}
}

// work returns what a step does, which returns its result. The first runs beside Run, on a copy of
// what the step is about.
func (r *Runner) work(calling, preparing context.Context, s step) func() (result func()) {
	switch s.about() {
	case pullImage:
		want := r.want(s.of)
		return func() func() {
			held, err := r.pull(preparing, want)
			return func() { r.pulled(s.of, held, err) }
		}
	case prepareResource:
		res := r.resource(s.of)
		work, running := *res, r.running()
		return func() func() {
			switch s.kind {
			case prepareResource:
				r.prepare(preparing, &work)
			case updateResource:
				r.bringUp(preparing, &work, running)
				return func() { r.broughtUp(res, work) }
			default:
				r.release(calling, &work)
			}
			return func() {
				work.newest, work.outdated = res.newest, res.outdated // since the step began
				*res = work
			}
		}
	}
	c := &r.containers[slices.IndexFunc(r.containers, func(c container) bool { return c.key == s.of })]
	c.stale = false
	work := *c
	work.spec.Shared = r.shared()
	return func() func() {
		switch s.kind {
		case createContainer:
			r.create(calling, preparing, &work)
		case startContainer:
			r.start(calling, preparing, &work)
		case restartContainer:
			r.restart(calling, preparing, &work)
		case inspectContainer:
			r.inspect(calling, &work)
		default:
			r.end(calling, &work)
		}
		return func() {
			work.stale = c.stale // since the step began
			*c = work
		}
	}
}

// takeSlot waits for a slot. It returns false if ctx ended first.
func (r *Runner) takeSlot(ctx context.Context) bool {
	select {
	case r.cfg.Slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// reportEnd reports that all containers are down, if they had to be ended.
func (r *Runner) reportEnd() {
	if r.update.Status == structs.TaskStopping {
		r.report(structs.TaskDeprovisioning)
	}
}
