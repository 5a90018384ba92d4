package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putTaskSet(tx *state.Tx, index uint64, cmd structs.PutTaskSet) (string, error) {
	job := tx.Job(cmd.Set.Job)
	switch {
	case !isService(job) || job.Status != structs.ServiceActive:
		return "", structs.ErrServiceNotActive()
	case !job.External() || cmd.Set.TaskSet == nil:
		return "", structs.Errorf(structs.KindInvalidParameter, "Service %s has no task sets: its deployment controller is not EXTERNAL.", job.Name)
	case tx.Evaluation(cmd.Evaluation.ID) != nil:
		return "", errEvaluationExists(cmd.Evaluation.ID)
	}
	old := tx.Deployment(cmd.Set.ID)
	if old == nil {
		if id, err := addTaskSet(tx, job, cmd); id != "" || err != nil {
			return id, err
		}
	} else if err := checkTaskSet(old); err != nil {
		return "", err
	} else {
		set, part := *old, *old.TaskSet
		part.Scale = cmd.Set.TaskSet.Scale
		set.TaskSet, set.UpdatedAt = &part, cmd.Set.UpdatedAt
		tx.PutDeployment(&set)
	}
	addEvaluation(tx, index, job, cmd.Evaluation)
	return cmd.Set.ID, nil
}

// addTaskSet adds a task set, or returns the id of the one that an earlier request with the same
// token created.
func addTaskSet(tx *state.Tx, job *structs.Job, cmd structs.PutTaskSet) (earlier string, err error) {
	set := cmd.Set
	for d := range tx.Deployments(job.ID) {
		if d.TaskSet == nil || d.Status == structs.DeploymentInactive || d.TaskSet.ClientToken == "" || d.TaskSet.ClientToken != set.TaskSet.ClientToken {
			continue
		}
		if d.TaskSet.RequestHash != set.TaskSet.RequestHash {
			return "", structs.Errorf(structs.KindInvalidParameter, "Creation of task set was not idempotent.")
		}
		return d.ID, nil
	}
	switch definition := tx.TaskDefinition(set.TaskDefinition); {
	case definition == nil:
		return "", structs.ErrTaskDefinitionNotFound()
	case definition.Status != structs.DefinitionActive:
		return "", structs.ErrTaskDefinitionInactive()
	}
	set.Cluster, set.JobVersion = job.Cluster, job.Version
	set.Status = structs.DeploymentActive
	tx.PutDeployment(&set)
	tx.PutTags(structs.TaskSetKey(job, set.ID), cmd.Tags)
	return "", nil
}

// checkTaskSet checks that a task set can still be changed by users.
func checkTaskSet(d *structs.Deployment) error {
	switch {
	case d == nil || d.TaskSet == nil || d.Status == structs.DeploymentInactive:
		return structs.ErrTaskSetNotFound()
	case d.Status == structs.TaskSetDraining:
		return structs.Errorf(structs.KindInvalidParameter, "Task set %s is DRAINING: it was deleted.", d.ID)
	}
	return nil
}

func deleteTaskSet(tx *state.Tx, index uint64, cmd structs.DeleteTaskSet) (string, error) {
	old := tx.Deployment(cmd.Set)
	if err := checkTaskSet(old); err != nil {
		return "", err
	}
	switch job := tx.Job(old.Job); {
	case tx.Evaluation(cmd.Evaluation.ID) != nil:
		return "", errEvaluationExists(cmd.Evaluation.ID)
	case old.TaskSet.Computed(job.Count) > 0 && !cmd.Force:
		return "", structs.Errorf(structs.KindInvalidParameter, "The task set cannot be deleted while it is scaled above 0. Scale it to 0 first, or use force.")
	case old.Status == structs.DeploymentPrimary && !cmd.Force:
		return "", structs.Errorf(structs.KindInvalidParameter, "The task set cannot be deleted while it is PRIMARY. Make another one PRIMARY first, or use force.")
	default:
		putStatus(tx, old, structs.TaskSetDraining, cmd.At)
		addEvaluation(tx, index, job, cmd.Evaluation)
		return old.ID, nil
	}
}

func setPrimaryTaskSet(tx *state.Tx, _ uint64, cmd structs.SetPrimaryTaskSet) (string, error) {
	if err := checkTaskSet(tx.Deployment(cmd.Set)); err != nil {
		return "", err
	}
	primary := tx.Deployment(cmd.Set)
	for _, d := range slices.Collect(tx.Deployments(primary.Job)) {
		switch {
		case d.ID == primary.ID && d.Status != structs.DeploymentPrimary:
			putStatus(tx, d, structs.DeploymentPrimary, cmd.At)
		case d.ID != primary.ID && d.Status == structs.DeploymentPrimary:
			putStatus(tx, d, structs.DeploymentActive, cmd.At)
		}
	}
	return cmd.Set, nil
}

// hasTaskSets reports whether a service has task sets that are not deleted.
func hasTaskSets(tx *state.Tx, job *structs.Job) bool {
	for d := range tx.Deployments(job.ID) {
		if checkTaskSet(d) == nil {
			return true
		}
	}
	return false
}
