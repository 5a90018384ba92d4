package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// stopJob creates a new version of the job, so that plans in flight for the present one are
// refused.
func stopJob(tx *state.Tx, index uint64, cmd structs.StopJob) (string, error) {
	old := tx.Job(cmd.Job)
	switch {
	case old == nil || isService(old):
		return "", structs.Errorf(structs.KindResourceNotFound, "There is no batch job %s.", cmd.Job)
	case old.Status != "" && old.Status != structs.BatchRunning:
		return old.ID, nil
	}
	job := *old
	job.Status, job.EndedAt = structs.BatchStopped, cmd.At
	job.Version++
	tx.PutJob(&job)
	for _, e := range slices.Collect(tx.OpenEvaluations(job.ID)) {
		endEvaluation(tx, index, cmd.At, e)
	}
	var tasks []string
	for t := range tx.JobTasks(job.ID) {
		tasks = append(tasks, t.ID)
	}
	return stopTasks(tx, index, structs.StopTasks{
		Tasks: tasks, StopCode: structs.StopUserInitiated, Reason: structs.ReasonJobStopped, At: cmd.At,
	})
}
