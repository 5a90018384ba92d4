package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// ContinueDeployment answers a deployment that waits at a lifecycle hook. With CONTINUE it moves on
// to its next stage, with ROLLBACK it rolls back. Answering again changes nothing.
func (c *Control) ContinueDeployment(ctx context.Context, id, hook, action string) error {
	snap, err := c.Read(ctx)
	if err != nil {
		return err
	}
	d := snap.Deployment(id)
	if d == nil {
		return structs.ErrDeploymentNotFound()
	}
	answer := map[string]string{structs.HookContinue: structs.HookSucceeded, structs.HookRollback: structs.HookFailed}[action]
	switch pause := d.FindPause(hook); {
	case pause == nil:
		return structs.Errorf(structs.KindInvalidParameter, "hookId: service deployment %s has come to no lifecycle hook %q.", id, hook)
	case pause.Status == answer:
		return nil
	case !pause.Waits() || d.Status != structs.DeploymentPrimary || d.Rollout != structs.RolloutInProgress:
		return structs.Errorf(structs.KindInvalidParameter,
			"hookId: service deployment %s does not wait at lifecycle hook %s, whose status is %s.", id, hook, pause.Status)
	}
	now := c.Now()
	_, err = c.config.Log.Apply(ctx, structs.ContinueDeployment{
		Deployment: id, Pause: hook, Action: action, At: now,
		Evaluation: c.evaluationOf(&structs.Job{ID: d.Job, Cluster: d.Cluster}, structs.BecauseDeploymentContinued, now),
	})
	// it has just timed out or been stopped
	if structs.KindOf(err) == structs.KindConflict {
		return structs.Errorf(structs.KindInvalidParameter, "hookId: service deployment %s does not wait at lifecycle hook %s any more.", id, hook)
	}
	return err
}
