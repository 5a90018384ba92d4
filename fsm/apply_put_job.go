package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// putJob registers the job's new definition and puts the job in one step, so no reader sees one
// without the other.
func putJob(tx *state.Tx, index uint64, cmd structs.PutJob) (string, error) {
	if cmd.Definition != nil {
		key, err := registerTaskDefinition(tx, index, structs.RegisterTaskDefinition{Definition: *cmd.Definition})
		if err != nil {
			return "", err
		}
		cmd.Job.TaskDefinition = key
	}
	if cmd.Job.Type == structs.JobBatch {
		return putRun(tx, index, cmd)
	}
	id, err := putService(tx, index, structs.PutService{Job: cmd.Job, Deployment: cmd.Deployment, Evaluation: cmd.Evaluation, Ingress: cmd.Ingress})
	if err != nil {
		return "", err
	}
	tx.PutTags(structs.ServiceKey(cmd.Job.Cluster, cmd.Job.Name), cmd.Tags)
	return id, nil
}

// putRun adds a run of a named batch job, replacing the present run.
func putRun(tx *state.Tx, index uint64, cmd structs.PutJob) (string, error) {
	cluster, name := cmd.Job.Cluster, cmd.Job.Name
	if service := tx.Service(cluster, name); service != nil && service.Status != structs.ServiceInactive {
		return "", structs.Errorf(structs.KindConflict, "%s is a %s. Stop it first, or give the batch job another name.", name, service.Type)
	}
	replaces := ""
	if present := tx.BatchJob(cluster, name); isRunning(present) {
		replaces = present.ID
	}
	if replaces != cmd.Replaces {
		return "", structs.Errorf(structs.KindConflict, "Job %s was changed by another request at the same time.", name)
	}
	if replaces != "" {
		if _, err := stopJob(tx, index, structs.StopJob{Job: replaces, At: cmd.Job.CreatedAt}); err != nil {
			return "", err
		}
	}
	return createJob(tx, index, structs.CreateJob{Job: cmd.Job, Evaluation: cmd.Evaluation})
}

// isRunning reports whether a batch job with a BatchSpec is RUNNING.
func isRunning(j *structs.Job) bool { return j != nil && j.Status == structs.BatchRunning }
