package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// createJob looks up the client token before the task definition, so a repeated request finds its
// job whatever has happened to the definition since.
func createJob(tx *state.Tx, index uint64, cmd structs.CreateJob) (string, error) {
	job, eval := cmd.Job, cmd.Evaluation
	cluster, err := activeCluster(tx, job.Cluster)
	if err != nil {
		return "", err
	}
	if earlier := tx.JobByToken(job.Cluster, job.ClientToken); earlier != nil {
		if earlier.RequestHash != job.RequestHash {
			return "", errTokenReused(tx, earlier)
		}
		return earlier.ID, nil
	}
	definition := tx.TaskDefinition(job.TaskDefinition)
	switch {
	case definition == nil:
		return "", structs.ErrTaskDefinitionNotFound()
	case definition.Status != structs.DefinitionActive:
		return "", structs.ErrTaskDefinitionInactive()
	}
	if tx.Job(job.ID) != nil || tx.Evaluation(eval.ID) != nil {
		return "", structs.Errorf(structs.KindConflict, "Job %s or evaluation %s exists already.", job.ID, eval.ID)
	}
	job.Cluster = cluster.Name // one copy of the string for all jobs and tasks of the cluster
	job.TaskDefinition = definition.Key()
	if job.Batch != nil {
		job.Status = structs.BatchRunning
	}
	if job.Batch != nil || job.Queues() {
		job.CreateIndex = index
		if tx.Room(job.Cluster) == 0 {
			tx.PutRoom(job.Cluster, index) // from now on a job may wait for room
		}
	}
	eval.Cluster, eval.Job, eval.ModifyIndex = job.Cluster, job.ID, index
	tx.PutJob(&job)
	tx.PutEvaluation(&eval)
	if job.Queues() {
		queueTasks(tx, &job, definition, cmd)
	}
	return job.ID, nil
}

// queueTasks creates the tasks of a job that waits for room. They hold no resources until a plan
// places them.
func queueTasks(tx *state.Tx, job *structs.Job, d *structs.TaskDefinition, cmd structs.CreateJob) {
	m := newTaskMaker(tx, job, &structs.Plan{Need: structs.Need(d, job.Overrides), At: job.CreatedAt})
	for n, id := range cmd.Tasks {
		if tx.Task(id) != nil {
			continue
		}
		m.put(tx, structs.Placement{Task: id, Provider: cmd.Providers[n]}, nil, "")
	}
}

func errTokenReused(tx *state.Tx, earlier *structs.Job) *structs.Error {
	err := structs.Errorf(structs.KindConflict,
		"The client token was used before, by a request with other arguments; a request that is sent again must be the same.")
	for t := range tx.JobTasks(earlier.ID) {
		err.ResourceIDs = append(err.ResourceIDs, t.ID)
	}
	return err
}
