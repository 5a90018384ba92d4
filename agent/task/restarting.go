package task

import (
	"context"
	"errors"
	"slices"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// defaultRestartPeriod is the number of seconds that a container must have run to be started again,
// if its restart policy has none (ECS's default).
const defaultRestartPeriod = 300

// restarts reports whether a container has a restart policy.
func (c *container) restarts() bool {
	p := c.spec.Definition.RestartPolicy
	return p != nil && p.Enabled != nil && *p.Enabled
}

// toRestart reports whether a container that ended is to be started again. As in ECS it must have
// run for restartAttemptPeriod since it was last started. What decides is known to the engine, so
// that an agent which finds the ended container decides as the one that was killed.
func (c *container) toRestart(exitCode int32) bool {
	if !c.restarts() || c.final || c.asked {
		return false
	}
	p := c.spec.Definition.RestartPolicy
	period := structs.Time(defaultRestartPeriod)
	if p.RestartAttemptPeriod != nil {
		period = structs.Time(*p.RestartAttemptPeriod)
	}
	return !slices.Contains(p.IgnoredExitCodes, exitCode) && c.endedAt-c.startedAt >= period*1000
}

// restart starts a container that ended again. If the engine refuses, the container has ended.
func (r *Runner) restart(calling, preparing context.Context, c *container) {
	if !r.begin() {
		return
	}
	var state runtime.ContainerState
	err := runtime.Retry(preparing, r.log, func() (err error) {
		state, err = r.cfg.Engine.RestartContainer(calling, c.seen.RuntimeID, c.startedAt)
		return err
	})
	if refusal, ok := errors.AsType[*runtime.Error](err); ok {
		c.seen.ExitCode = c.again
		c.end(refusal.Error())
		return
	}
	if err == nil {
		r.log.Info("restarted a container that had ended", "container", c.seen.Name, "exitCode", *c.again)
		c.see(state)
	}
}
