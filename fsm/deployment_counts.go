package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// steadyUptime is how long, in milliseconds, a task must have been up for its end not to count as a
// failure of its deployment. Tasks that keep ending right after they start are a crash loop, which
// must back off and trip the circuit breaker.
const steadyUptime = 10_000

// countReport updates the failure counts of a task's deployment after a report. A task that ends
// while its desired status is RUNNING ended on its own: a request to stop changes the desired
// status first.
func countReport(tx *state.Tx, was, is *structs.Task, d *structs.TaskDefinition, at structs.Time) {
	old := deploymentOf(tx, is)
	if old == nil {
		return
	}
	if was.DesiredStatus != structs.TaskRunning || is.DesiredStatus != structs.TaskStopped {
		return
	}
	row := *old
	steady := (up(was, d) || up(is, d)) && at-is.StartedAt >= steadyUptime
	if steady {
		row.Failures = 0
	} else {
		row.FailedTasks++
	}
	row.Failures++
	row.LastFailureAt, row.UpdatedAt = at, at
	tx.PutDeployment(&row)
}

// countUnhealthy counts a task that the scheduler stops for failing its health checks.
func countUnhealthy(tx *state.Tx, t *structs.Task, at structs.Time) {
	old := deploymentOf(tx, t)
	if old == nil {
		return
	}
	row := *old
	row.Failures++
	row.FailedTasks++
	row.LastFailureAt, row.UpdatedAt = at, at
	tx.PutDeployment(&row)
}

// forgetFailures subtracts failed tasks from their deployment's count. Tasks that failed since the
// plan was made still count.
func forgetFailures(tx *state.Tx, job *structs.Job, failed *structs.FailedTasks) {
	old := tx.Deployment(failed.Deployment)
	if old == nil || old.Job != job.ID {
		return
	}
	d := *old
	d.FailedTasks = max(0, d.FailedTasks-failed.Count)
	tx.PutDeployment(&d)
}

// up reports whether a task is up: it reached RUNNING and, if its health is checked, is HEALTHY.
func up(t *structs.Task, d *structs.TaskDefinition) bool {
	started := t.LastStatus == structs.TaskRunning || t.StartedAt != 0
	return started && (!t.IsChecked(d) || isHealthy(t, d))
}

// deploymentOf returns the deployment of a task, or nil if it has none. Users choose the StartedBy
// of their own tasks, which may look like a deployment's id.
func deploymentOf(tx *state.Tx, t *structs.Task) *structs.Deployment {
	if d := tx.Deployment(t.StartedBy); d != nil && d.Job == t.Job {
		return d
	}
	return nil
}
