package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// beginDeployment makes a deployment of a service's next version PRIMARY, replacing the present
// one.
func beginDeployment(tx *state.Tx, job *structs.Job, d structs.Deployment) error {
	if tx.Deployment(d.ID) != nil {
		return structs.Errorf(structs.KindConflict, "Deployment %s exists already.", d.ID)
	}
	for _, old := range slices.Collect(tx.Deployments(job.ID)) {
		if old.Rollout == structs.RolloutCompleted || old.Stage == structs.StageCleanUp && old.Rollout == structs.RolloutInProgress {
			d.Alternate = old.Alternate // unless it shifts traffic: then the scheduler turns it over
		}
		if old.Status == structs.DeploymentPrimary {
			putStatus(tx, old, structs.DeploymentActive, d.CreatedAt)
		}
	}
	d.Cluster, d.Job, d.JobVersion, d.TaskDefinition = job.Cluster, job.ID, job.Version, job.TaskDefinition
	d.Status = structs.DeploymentPrimary
	tx.PutDeployment(&d)
	return nil
}

func stopDeployment(tx *state.Tx, index uint64, cmd structs.StopDeployment) (string, error) {
	old := tx.Deployment(cmd.Deployment)
	if old == nil {
		return "", structs.ErrDeploymentNotFound()
	}
	job := tx.Job(old.Job)
	switch {
	case job == nil || old.Rollout != structs.RolloutInProgress || old.Status != structs.DeploymentPrimary:
		return "", structs.Errorf(structs.KindConflict, "The service deployment %s is not in progress.", old.ID)
	case tx.Evaluation(cmd.Evaluation.ID) != nil:
		return "", errEvaluationExists(cmd.Evaluation.ID)
	}
	d := *old
	d.StopRequested, d.UpdatedAt = cmd.Type, cmd.At
	tx.PutDeployment(&d)
	addEvaluation(tx, index, job, cmd.Evaluation)
	return d.ID, nil
}

func continueDeployment(tx *state.Tx, index uint64, cmd structs.ContinueDeployment) (string, error) {
	old := tx.Deployment(cmd.Deployment)
	if old == nil {
		return "", structs.ErrDeploymentNotFound()
	}
	job, d := tx.Job(old.Job), *old
	d.Pauses = slices.Clone(d.Pauses)
	pause := d.FindPause(cmd.Pause)
	switch {
	case job == nil || pause == nil || !pause.Waits() || d.Status != structs.DeploymentPrimary || d.Rollout != structs.RolloutInProgress:
		return "", structs.Errorf(structs.KindConflict, "The service deployment %s does not wait at hook %s.", old.ID, cmd.Pause)
	case tx.Evaluation(cmd.Evaluation.ID) != nil:
		return "", errEvaluationExists(cmd.Evaluation.ID)
	}
	pause.Status = structs.HookSucceeded
	if cmd.Action == structs.HookRollback {
		pause.Status = structs.HookFailed
	}
	d.UpdatedAt = cmd.At
	tx.PutDeployment(&d)
	addEvaluation(tx, index, job, cmd.Evaluation)
	return d.ID, nil
}

func putStatus(tx *state.Tx, d *structs.Deployment, status string, at structs.Time) {
	row := *d
	row.Status, row.UpdatedAt = status, at
	tx.PutDeployment(&row)
}
