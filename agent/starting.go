package agent

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// The steps of a runner on the way up. Their preparing context ends when the task is asked to stop.
// A pull is then cut off; a create or start that is under way is let finish, so that what it made
// is known and can be ended.

// pull makes the images of all containers in phaseNone present, each once and all at the same time.
// When an essential container's cannot be had, the other pulls are given up.
func (r *runner) pull(preparing context.Context) {
	if r.update.PullStartedAt == 0 {
		r.update.PullStartedAt = r.now()
	}
	r.report(structs.TaskPending)

	ctx, giveUp := context.WithCancel(preparing)
	defer giveUp()
	var mu sync.Mutex
	results := map[string]error{}
	var wg sync.WaitGroup
	for image, essential := range imagesToPull(r.parts) {
		wg.Go(func() {
			err := askEngine(ctx, r.log, func() error { return r.rt.PullImage(ctx, image) })
			if errors.Is(err, context.Canceled) {
				return
			}
			mu.Lock()
			results[image] = err
			mu.Unlock()
			if err != nil && essential {
				giveUp()
			}
		})
	}
	wg.Wait()
	if preparing.Err() == nil && r.update.PullStoppedAt == 0 {
		r.update.PullStoppedAt = r.now()
	}
	r.pulled(results)
}

// imagesToPull gives the images of containers in phaseNone, and whether an essential one needs
// them.
func imagesToPull(parts []part) map[string]bool {
	images := map[string]bool{}
	for _, p := range parts {
		if p.phase == phaseNone {
			image := p.spec.Definition.Image
			images[image] = images[image] || p.essential
		}
	}
	return images
}

// pulled takes in how the pulls ended; an image without a result was given up.
func (r *runner) pulled(results map[string]error) {
	for i := range r.parts {
		p := &r.parts[i]
		err, tried := results[p.spec.Definition.Image]
		switch {
		case p.phase != phaseNone || !tried:
		case err != nil:
			p.fail(err.Error())
		default:
			p.phase = phasePulled
		}
	}
}

// create makes the next container. A container that was made by a call whose answer never came, of
// a task that is then asked to stop, is the sweeper's.
func (r *runner) create(ctx, preparing context.Context) {
	r.report(structs.TaskPending)
	if !r.takeSlot(preparing) {
		return
	}
	p := r.first(phasePulled)
	var id string
	err := askEngine(preparing, r.log, func() (err error) {
		id, err = r.rt.CreateContainer(ctx, p.spec)
		return err
	})
	if r.refused(p, err) || err != nil {
		return
	}
	p.phase, p.seen.RuntimeID = phaseCreated, id
}

// start starts the next container. It stays in phaseCreated when the answer never came: it may run.
func (r *runner) start(ctx, preparing context.Context) {
	r.report(structs.TaskActivating)
	if !r.takeSlot(preparing) || !r.begin() {
		return
	}
	p := r.first(phaseCreated)
	var state runtime.ContainerState
	err := askEngine(preparing, r.log, func() (err error) {
		state, err = r.rt.StartContainer(ctx, p.seen.RuntimeID)
		return err
	})
	p.seen.RuntimeID = cmp.Or(state.ID, p.seen.RuntimeID)
	if r.refused(p, err) || err != nil {
		return
	}
	p.see(state)
}

// refused ends a container that the runtime refuses to make or start.
func (r *runner) refused(p *part, err error) bool {
	refusal, ok := errors.AsType[*runtime.Error](err)
	if ok {
		p.fail(refusal.Error())
	}
	return ok
}

func (r *runner) first(in phase) *part {
	return &r.parts[slices.IndexFunc(r.parts, func(p part) bool { return p.phase == in })]
}
