package task

import (
	"cmp"
	"context"
	"errors"

	"github.com/gantry-project/gantry/agent/images"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// The steps on the way up. Their preparing context ends when the task is on its way down. A pull is
// then cut off. A create or start in progress may finish, so that its container is known and can be
// ended.

// pull makes an image present.
func (r *Runner) pull(preparing context.Context, want images.Want) (held images.Held, err error) {
	err = runtime.Retry(preparing, r.log, func() (err error) {
		held, err = r.cfg.Images.Pull(preparing, want)
		return err
	})
	return held, err
}

// pulled records the result of a pull for the containers that wait for the image. It stays until
// the task has ended: some of them are still to be created.
func (r *Runner) pulled(image string, held images.Held, err error) {
	r.update.Pull = nil
	if err == nil {
		r.images = append(r.images, held)
	}
	if errors.Is(err, context.Canceled) {
		return
	}
	for i := range r.containers {
		c := &r.containers[i]
		switch {
		case c.image() != image || c.phase != phaseNone:
		case err == nil:
			c.phase, c.spec.Digest = phasePulled, held.Digest
		default:
			c.fail(err.Error())
		}
	}
}

// want returns what the containers want that wait for an image.
func (r *Runner) want(image string) (w images.Want) {
	for _, c := range r.containers {
		if c.image() != image || c.phase != phaseNone {
			continue
		}
		def := &c.spec.Definition
		w.Image, w.Digest = def.Image, c.spec.Digest
		if def.RepositoryCredentials != nil {
			w.Credentials, w.Task = def.RepositoryCredentials.CredentialsParameter, r.as.Task.ID
		}
		if def.VersionConsistency != structs.VersionConsistencyDisabled {
			w.Deployment, w.Containers = r.as.Deployment, append(w.Containers, def.Name)
		}
	}
	w.Progress = func(now structs.PullProgress) {
		r.results <- func() {
			r.update.Pull = &now
			r.report(r.update.Status)
		}
	}
	return w
}

// letGo releases the images of the task.
func (r *Runner) letGo() {
	for _, held := range r.images {
		held.Release()
	}
	r.images = nil
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
