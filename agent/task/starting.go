package task

import (
	"cmp"
	"context"
	"errors"

	"github.com/gantry-project/gantry/agent/runtime"
)

// The steps on the way up. Their preparing context ends when the task is on its way down. A pull is
// then cut off. A create or start in progress may finish, so that its container is known and can be
// ended.

// pull makes an image present.
func (r *Runner) pull(preparing context.Context, image string) error {
	return runtime.Retry(preparing, r.log, func() error { return r.cfg.Engine.PullImage(preparing, image) })
}

// pulled records the result of a pull for the containers that wait for the image.
func (r *Runner) pulled(image string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	for i := range r.containers {
		c := &r.containers[i]
		switch {
		case c.image() != image || c.phase != phaseNone:
		case err == nil:
			c.phase = phasePulled
		default:
			c.fail(err.Error())
		}
	}
}

// create creates a container. If the answer never came and the task is then asked to stop, the
// sweeper ends what was created.
func (r *Runner) create(calling, preparing context.Context, c *container) {
	var id string
	err := runtime.Retry(preparing, r.log, func() (err error) {
		id, err = r.cfg.Engine.CreateContainer(calling, c.spec)
		return err
	})
	if c.refused(err) || err != nil {
		return
	}
	c.phase, c.seen.RuntimeID = phaseCreated, id
}

// start starts a container. It stays in phaseCreated if the answer never came: it may run.
func (r *Runner) start(calling, preparing context.Context, c *container) {
	if !r.begin() {
		return
	}
	var state runtime.ContainerState
	err := runtime.Retry(preparing, r.log, func() (err error) {
		state, err = r.cfg.Engine.StartContainer(calling, c.seen.RuntimeID)
		return err
	})
	c.seen.RuntimeID = cmp.Or(state.ID, c.seen.RuntimeID)
	if c.refused(err) || err != nil {
		return
	}
	c.see(state)
}

// refused ends a container that the engine refuses to create or start.
func (c *container) refused(err error) bool {
	refusal, ok := errors.AsType[*runtime.Error](err)
	if ok {
		c.fail(refusal.Error())
	}
	return ok
}
